import { NetlinkConnection, type ConnectionOptions } from '../netlink/connection.ts';
import { executeOperations, type OperationWriter } from '../netlink/execute-operations.ts';
import type { MessageWriter } from '../netlink/message-writer.ts';
import { NetlinkError, unlessAbsent } from '../netlink/netlink-error.ts';
import { netlinkProtocol } from '../netlink/protocol.ts';
import type { Pace } from '../../base/work-in-parts.ts';
import { kernelTransport, type OpenTransport } from '../netlink/transport.ts';
import { readEntries, readHeader, readRevision, readSetName } from './decode.ts';
import {
  writeCreateSet,
  writeDestroySet,
  writeGetType,
  writeListNames,
  writeListSet,
  writeSetOperation,
} from './encode.ts';
import type { SetEntry } from './set-entry.ts';
import type { IpSet, SetHeader, SetOperation, SetType } from './model.ts';
import { setErrorCode } from './protocol.ts';
import { SetError, SetsUnavailableError, withSetErrorName } from './set-error.ts';

/** What the kernel answers about a set that does not exist. */
const absent = ['ENOENT'];

interface RevisedSet {
  readonly set: IpSet;
  readonly revision: number;
}

const setCreation: OperationWriter<RevisedSet> = {
  messageBytes: 120,
  write: (writer, sequence, { set, revision }) => {
    writeCreateSet(writer, sequence, set, revision);
  },
};

const entryChange: OperationWriter<SetOperation> = {
  // That of an IPv4 endpoint in a set with a name of 20 letters.
  messageBytes: 88,
  write: writeSetOperation,
};

/** The kernel's sets of this network namespace. */
export class SetClient {
  readonly #connection: NetlinkConnection;

  constructor(
    options: Partial<ConnectionOptions> = {},
    open: OpenTransport = kernelTransport(netlinkProtocol.netfilter),
  ) {
    this.#connection = new NetlinkConnection(open, options);
  }

  /** Finds out whether the kernel has a set's type. Throws SetsUnavailableError, NetlinkError. */
  async checkType(set: IpSet): Promise<void> {
    await this.#revisionOf(set);
  }

  /**
   * Makes a set unless there is one of that name, whatever its type. Throws SetsUnavailableError,
   * NetlinkError.
   */
  ensureSet(set: IpSet): Promise<void> {
    return this.ensureSets([set]);
  }

  /**
   * Makes those sets of which there is none of that name, in few datagrams. Throws
   * SetsUnavailableError, and NetlinkError for the first one that could not be made.
   */
  async ensureSets(sets: readonly IpSet[]): Promise<void> {
    const outcomes = await executeOperations(
      this.#connection,
      await this.#revisionsOf(sets),
      setCreation,
      (_, cause) => cause,
    );
    const refused = outcomes.find((outcome) => outcome !== undefined && outcome.code !== 'EEXIST');
    if (refused !== undefined) {
      throw withSetErrorName(refused);
    }
  }

  /** Deletes a set; one that is not there is no error. Throws NetlinkError: EBUSY while a rule refers to it. */
  async destroySet(name: string): Promise<void> {
    const refused = await this.#command((writer, sequence) => {
      writeDestroySet(writer, sequence, name);
    });
    if (refused !== undefined && refused.code !== 'ENOENT') {
      const named = withSetErrorName(refused);
      throw named.code === setErrorCode.busy || named.code === setErrorCode.referenced
        ? new NetlinkError('EBUSY', 'a rule refers to the set')
        : named;
    }
  }

  /** The names of all sets, foreign ones too. Throws NetlinkError. */
  async names(): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    await this.#connection.each(writeListNames, () => {
      names.clear();
      return (payload) => {
        names.add(readSetName(payload));
      };
    });
    return names;
  }

  /** What a set holds; undefined where there is no such set. Throws NetlinkError. */
  async entries(set: IpSet): Promise<readonly SetEntry[] | undefined> {
    const entries: SetEntry[] = [];
    const exists = await this.eachEntry(set, () => {
      entries.length = 0;
      return (entry) => entries.push(entry);
    });
    return exists ? entries : undefined;
  }

  /**
   * Hands what a set holds to a visitor; returns whether there is such a set. `begin` makes the
   * visitor, and another one where the kernel's list has to be started again. Throws NetlinkError.
   */
  async eachEntry(
    set: IpSet,
    begin: () => (entry: SetEntry) => void,
    pace?: Pace,
  ): Promise<boolean> {
    const list = this.#connection.each(
      (writer, sequence) => {
        writeListSet(writer, sequence, set.name, 'entries');
      },
      () => {
        const visit = begin();
        return (payload) => {
          readEntries(payload, set.type, visit);
        };
      },
      pace,
    );
    const exists = list.then(() => true as const);
    return (await unlessAbsent(exists, absent)) ?? false;
  }

  /** What a set is; undefined where there is none of that name. Throws NetlinkError. */
  async header(name: string): Promise<SetHeader | undefined> {
    const parts = await unlessAbsent(
      this.#connection.dump((writer, sequence) => {
        writeListSet(writer, sequence, name, 'header');
      }, readHeader),
      absent,
    );
    return parts?.find((header) => header !== undefined);
  }

  /** How many rules refer to a set; undefined where there is no such set. Throws NetlinkError. */
  async references(name: string): Promise<number | undefined> {
    return (await this.header(name))?.references;
  }

  /** Changes what sets hold, in few datagrams; returns for each change why it failed, or undefined. */
  execute(operations: readonly SetOperation[]): Promise<(SetError | undefined)[]> {
    return executeOperations(
      this.#connection,
      operations,
      entryChange,
      (operation, cause) => new SetError(operation, cause),
    );
  }

  close(): void {
    this.#connection.close();
  }

  /** Each set with the revision of its type; a type is asked for once in each family. */
  async #revisionsOf(sets: readonly IpSet[]): Promise<readonly RevisedSet[]> {
    const known = new Map<string, number>();
    const revised: RevisedSet[] = [];
    for (const set of sets) {
      const key = `${set.type} ${set.family}`;
      const revision = known.get(key) ?? (await this.#revisionOf(set));
      known.set(key, revision);
      revised.push({ set, revision });
    }
    return revised;
  }

  async #revisionOf(set: IpSet): Promise<number> {
    try {
      return await this.#connection.get((writer, sequence) => {
        writeGetType(writer, sequence, set);
      }, readRevision);
    } catch (error) {
      if (error instanceof NetlinkError) {
        throw unavailable(set, withSetErrorName(error));
      }
      throw error;
    }
  }

  async #command(
    write: (writer: MessageWriter, sequence: number) => void,
  ): Promise<NetlinkError | undefined> {
    const [outcome] = await this.#connection.execute(1, write);
    return outcome;
  }
}

/** The module of each type of set. */
export const moduleOfType: Readonly<Record<SetType, string>> = {
  'hash:ip': 'ip_set_hash_ip',
  'hash:ip,port': 'ip_set_hash_ipport',
  'hash:ip,port,net': 'ip_set_hash_ipportnet',
  'hash:ip,port,ip': 'ip_set_hash_ipportip',
  'bitmap:port': 'ip_set_bitmap_port',
  'hash:ip,mark': 'ip_set_hash_ipmark',
  'hash:net,net': 'ip_set_hash_netnet',
};

function unavailable({ type }: IpSet, cause: NetlinkError): Error {
  switch (cause.code) {
    case 'EPERM':
      return new SetsUnavailableError(
        'the right to use ipset is missing: run as root or with the capability NET_ADMIN',
        { cause },
      );
    case 'EINVAL':
    case 'ENOENT':
    case setErrorCode.typeUnknown:
      return new SetsUnavailableError(
        `the kernel has no sets of type ${type}: load the module ${moduleOfType[type]}`,
        { cause },
      );
    default:
      return cause;
  }
}
