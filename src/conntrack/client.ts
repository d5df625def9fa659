import { NetlinkConnection, type ConnectionOptions } from '../netlink/connection.ts';
import { netlinkProtocol } from '../netlink/protocol.ts';
import { kernelTransport, type OpenTransport } from '../netlink/transport.ts';
import { readUdpFlow, writeDeleteFlow, writeGetUdpFlows, type UdpFlow } from './messages.ts';
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

  /** Deletes the UDP flows that are stale; answers how many. Raises NetlinkError. */
  async deleteStale(stale: StaleFlows): Promise<number> {
    let deleted = 0;
    for (const family of stale.families) {
      const all = await this.#connection.dump(
        (writer, sequence) => {
          writeGetUdpFlows(writer, sequence, family);
        },
        (payload) => {
          const flow = readUdpFlow(payload, family);
          return flow !== undefined && stale.isStale(flow) ? flow : undefined;
        },
      );
      deleted += await this.#delete(all.filter((flow) => flow !== undefined));
    }
    return deleted;
  }

  close(): void {
    this.#connection.close();
  }

  /** A flow that ended meanwhile (ENOENT) is none the worse. */
  async #delete(flows: readonly UdpFlow[]): Promise<number> {
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
