import { NetlinkConnection, type ConnectionOptions } from '../netlink/connection.ts';
import { netlinkProtocol } from '../netlink/protocol.ts';
import { kernelTransport, type OpenTransport } from '../netlink/transport.ts';
import { readFlow, writeDeleteFlow, writeGetFlows, type Flow } from './messages.ts';
import type { IpFamily } from '../../net/ip-address.ts';
import type { StaleFlows } from './stale-flows.ts';

/** The kernel's conntrack table of this network namespace. */
export class ConntrackClient {
  readonly #connection: NetlinkConnection;

  constructor(
    options: Partial<ConnectionOptions> = {},
    open: OpenTransport = kernelTransport(netlinkProtocol.netfilter),
  ) {
    this.#connection = new NetlinkConnection(open, options);
  }

  /** Deletes the flows that are stale, after one dump of each family; returns how many. Throws NetlinkError. */
  async deleteStale(stale: StaleFlows): Promise<number> {
    let deleted = 0;
    for (const family of stale.families) {
      deleted += await this.#delete(await this.#find(stale, family));
    }
    return deleted;
  }

  /** Nothing is kept of flows that are not stale: a node may have a million. */
  async #find(stale: StaleFlows, family: IpFamily): Promise<readonly Flow[]> {
    const { selection } = stale;
    let found: Flow[] = [];
    await this.#connection.each(
      (writer, sequence) => {
        writeGetFlows(writer, sequence, family, selection);
      },
      () => {
        found = [];
        return (payload) => {
          const flow = readFlow(payload, family, selection);
          if (flow !== undefined && stale.isStale(flow)) {
            found.push(flow);
          }
        };
      },
    );
    return found;
  }

  close(): void {
    this.#connection.close();
  }

  /** A flow that ended meanwhile (ENOENT) is none the worse. */
  async #delete(flows: readonly Flow[]): Promise<number> {
    const outcomes = await this.#connection.execute(flows.length, (writer, sequence, index) => {
      const flow = flows[index];
      if (flow === undefined) {
        throw new RangeError(`no flow ${index}`);
      }
      writeDeleteFlow(writer, sequence, flow);
    });
    for (const outcome of outcomes) {
      if (outcome !== undefined && outcome.code !== 'ENOENT') {
        throw outcome;
      }
    }
    return outcomes.filter((outcome) => outcome === undefined).length;
  }
}
