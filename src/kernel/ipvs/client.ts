import type { MessageWriter } from '../netlink/message-writer.ts';
import { NetlinkConnection, type ConnectionOptions } from '../netlink/connection.ts';
import { executeOperations, type OperationWriter } from '../netlink/execute-operations.ts';
import { resolveFamily } from '../netlink/generic-family.ts';
import { asNetlinkError } from '../netlink/exchange.ts';
import { NetlinkError, unlessAbsent } from '../netlink/netlink-error.ts';
import { netlinkProtocol } from '../netlink/protocol.ts';
import type { Pace } from '../../base/work-in-parts.ts';
import { kernelTransport, type OpenTransport } from '../netlink/transport.ts';
import {
  readInfo,
  readVirtualServerCounts,
  readVirtualServerHead,
  readRealServer,
  readTimeouts,
  readVirtualServer,
} from './decode.ts';
import {
  writeBareCommand,
  writeGetRealServers,
  writeGetVirtualServer,
  writeOperation,
  writeSetTimeouts,
  writeZeroVirtualServer,
} from './encode.ts';
import { IpvsFamily, maybeNoFamily } from './family.ts';
import { IpvsError, IpvsUnavailableError } from './ipvs-error.ts';
import {
  changeCount,
  oneByOne,
  virtualServerFamily,
  type KernelInfo,
  type CountedRealServer,
  type CountedVirtualServer,
  type Operation,
  type Timeouts,
  type VirtualServerCounts,
  type VirtualServerHead,
  type VirtualServerId,
} from './model.ts';
import { familyName } from './protocol.ts';

/** What the kernel answers about a virtual or real server that does not exist. */
const absent = ['ESRCH', 'ENOENT'];

/** Of the message of a real server; that of a virtual server is no longer. */
const realServerMessageBytes = 140;

/** The kernel's IPVS table of this network namespace. */
export class IpvsClient {
  readonly #connection: NetlinkConnection;
  readonly #family: IpvsFamily;
  readonly #messages: OperationWriter<Operation> = {
    messageBytes: realServerMessageBytes,
    write: (writer, sequence, operation) => {
      writeOperation(writer, this.#family.number, sequence, operation);
    },
  };

  private constructor(connection: NetlinkConnection, family: number) {
    this.#connection = connection;
    this.#family = new IpvsFamily(connection, family);
  }

  /** Finds IPVS in the kernel. Throws IpvsUnavailableError, which says what is missing. */
  static async connect(
    options: Partial<ConnectionOptions> = {},
    open: OpenTransport = kernelTransport(netlinkProtocol.generic),
  ): Promise<IpvsClient> {
    const connection = new NetlinkConnection(open, options);
    try {
      const client = new IpvsClient(connection, await resolveFamily(connection, familyName));
      // Anybody may look the family up; only its commands ask for the right to use it.
      await client.info();
      return client;
    } catch (error) {
      connection.close();
      throw error instanceof NetlinkError ? IpvsUnavailableError.from(error) : error;
    }
  }

  /**
   * Carries out the operations in their order, in few datagrams. Returns for each, in order:
   * undefined for success, else why not: of one that takes several messages, the first that failed.
   * One that fails does not stop those behind it.
   */
  async execute(operations: readonly Operation[]): Promise<(IpvsError | undefined)[]> {
    const { number } = this.#family;
    const outcomes = await this.#execute(operations);
    if (!outcomes.some((outcome) => outcome?.code === maybeNoFamily)) {
      return outcomes;
    }
    try {
      return (await this.#family.isNoLonger(number)) ? await this.#execute(operations) : outcomes;
    } catch (error) {
      const reason = asNetlinkError(error);
      return outcomes.map((outcome) =>
        outcome?.code === maybeNoFamily ? new IpvsError(outcome.operation, reason) : outcome,
      );
    }
  }

  /** Calls back when IPVS turns out to have been unloaded and loaded: its tables are empty then. */
  onReloaded(callback: () => void): void {
    this.#family.onReloaded(callback);
  }

  /** All virtual servers, foreign ones too. Throws NetlinkError. */
  async virtualServers(): Promise<CountedVirtualServer[]> {
    const virtualServers = await this.#ask(() =>
      this.#connection.dump((writer, sequence) => {
        writeGetVirtualServer(writer, this.#family.number, sequence, 'all');
      }, readVirtualServer),
    );
    return virtualServers.filter((virtualServer) => virtualServer !== undefined);
  }

  /**
   * Hands all virtual servers to a visitor, foreign ones too. `begin` makes the visitor, and another
   * one where the kernel's list has to be started again. Throws NetlinkError.
   */
  eachVirtualServer(
    begin: () => (virtualServer: VirtualServerHead) => void,
    pace?: Pace,
  ): Promise<void> {
    return this.#each(readVirtualServerHead, begin, pace);
  }

  /** The same with what the kernel counts, in place of the settings. Throws NetlinkError. */
  eachVirtualServerCounts(
    begin: () => (counts: VirtualServerCounts) => void,
    pace?: Pace,
  ): Promise<void> {
    return this.#each(readVirtualServerCounts, begin, pace);
  }

  /** One virtual server, or undefined where there is none. Throws NetlinkError. */
  virtualServer(id: VirtualServerId): Promise<CountedVirtualServer | undefined> {
    return unlessAbsent(
      this.#ask(() =>
        this.#connection.get((writer, sequence) => {
          writeGetVirtualServer(writer, this.#family.number, sequence, id);
        }, readVirtualServer),
      ),
      absent,
    );
  }

  /** The real servers of a virtual server; none where that does not exist. Throws NetlinkError. */
  async realServers(id: VirtualServerId): Promise<CountedRealServer[]> {
    const family = virtualServerFamily(id);
    const dump = this.#ask(() =>
      this.#connection.dump(
        (writer, sequence) => {
          writeGetRealServers(writer, this.#family.number, sequence, id);
        },
        (payload) => readRealServer(payload, family),
      ),
    );
    return (await unlessAbsent(dump, absent)) ?? [];
  }

  /** Throws NetlinkError. */
  timeouts(): Promise<Timeouts> {
    return this.#ask(() => this.#connection.get(this.#bare('getConfig'), readTimeouts));
  }

  /** Sets the connection timeouts; 0 seconds leaves one as it is. Throws NetlinkError. */
  setTimeouts(timeouts: Timeouts): Promise<void> {
    return this.#command((writer, sequence) => {
      writeSetTimeouts(writer, this.#family.number, sequence, timeouts);
    });
  }

  /** Throws NetlinkError. */
  info(): Promise<KernelInfo> {
    return this.#ask(() => this.#connection.get(this.#bare('getInfo'), readInfo));
  }

  /** Sets the statistics of one virtual server, or of all, to zero. Throws NetlinkError. */
  zero(id: VirtualServerId | 'all'): Promise<void> {
    return this.#command((writer, sequence) => {
      if (id === 'all') {
        writeBareCommand(writer, this.#family.number, sequence, 'zero');
      } else {
        writeZeroVirtualServer(writer, this.#family.number, sequence, id);
      }
    });
  }

  /**
   * Deletes every virtual server, foreign ones too: for tests and benchmarks in a network
   * namespace of their own, never for a node. Throws NetlinkError.
   */
  flush(): Promise<void> {
    return this.#command(this.#bare('flush'));
  }

  close(): void {
    this.#connection.close();
  }

  #each<Item>(
    read: (payload: Buffer) => Item | undefined,
    begin: () => (item: Item) => void,
    pace: Pace | undefined,
  ): Promise<void> {
    return this.#ask(() =>
      this.#connection.each(
        (writer, sequence) => {
          writeGetVirtualServer(writer, this.#family.number, sequence, 'all');
        },
        () => {
          const visit = begin();
          return (payload) => {
            const item = read(payload);
            if (item !== undefined) {
              visit(item);
            }
          };
        },
        pace,
      ),
    );
  }

  #bare(name: 'getConfig' | 'getInfo' | 'zero' | 'flush') {
    return (writer: MessageWriter, sequence: number): void => {
      writeBareCommand(writer, this.#family.number, sequence, name);
    };
  }

  async #command(write: (writer: MessageWriter, sequence: number) => void): Promise<void> {
    await this.#ask(async () => {
      const [outcome] = await this.#connection.execute(1, (writer, sequence) => {
        write(writer, sequence);
      });
      if (outcome !== undefined) {
        throw outcome;
      }
    });
  }

  async #execute(operations: readonly Operation[]): Promise<(IpvsError | undefined)[]> {
    const outcomes = await executeOperations(
      this.#connection,
      operations.flatMap(oneByOne),
      this.#messages,
      (operation, cause) => new IpvsError(operation, cause),
    );
    let next = 0;
    return operations.map((operation) => {
      const first = next;
      next += changeCount(operation);
      return outcomes.slice(first, next).find((outcome) => outcome !== undefined);
    });
  }

  /** Asks once more where IPVS turns out to have got another number meanwhile. */
  async #ask<T>(question: () => Promise<T>): Promise<T> {
    const { number } = this.#family;
    try {
      return await question();
    } catch (error) {
      const isMaybe = error instanceof NetlinkError && error.code === maybeNoFamily;
      if (isMaybe && (await this.#family.isNoLonger(number))) {
        return question();
      }
      throw error;
    }
  }
}
