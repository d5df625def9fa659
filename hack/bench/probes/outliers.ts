import { lookAtOutliers, type OutlierClient } from '../../../src/app/outlier-watch.ts';
import { IpvsClient } from '../../../src/kernel/ipvs/client.ts';
import {
  formatRealServer,
  type CountedRealServer,
  type Operation,
  type RealServer,
  type VirtualServerId,
} from '../../../src/kernel/ipvs/model.ts';
import { IpAddress } from '../../../src/net/ip-address.ts';
import { OutlierBook } from '../../../src/outliers/outlier-book.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { percentile } from '../statistics.ts';
import { endpointAddress, frontEnd, targetPort } from '../synthetic-cluster.ts';
import { collectGarbage } from './collect-garbage.ts';
import { requireSuccess } from './input.ts';

/** A minute of looks before those that count: V8 compiles meanwhile what they run. */
const warmUp = 60;
const looks = 60;

/** What one look at the real servers of all Services takes, in milliseconds. */
export async function outliers({ services, endpoints }: ProbeInput): Promise<Reading> {
  const client = await IpvsClient.connect();
  try {
    const book = new OutlierBook();
    const additions: Operation[] = [];
    for (let index = 0; index < services; index += 1) {
      const { address, port } = frontEnd(index);
      const id = { kind: 'address', protocol: 'TCP', address: ip(address), port } as const;
      const realServers = realServersOf(index, endpoints);
      const settings = {
        scheduler: 'wrr',
        schedulerFlags: 0,
        persistence: undefined,
        onePacket: false,
        limited: false,
        owned: true,
      };
      additions.push({ kind: 'add virtual server', id, settings, realServers });
      const group = `team/web-${index}:http TCP IPv4`;
      const rule = { group, candidates: realServers, resetAfterMs: undefined };
      book.watch(`team/web-${index}`, [{ id, rule }]);
    }
    requireSuccess(await client.execute(additions));
    const served = new Served(client);
    const [quiet, busy] = [await times(book, client), await times(book, served)];
    if (served.read !== (warmUp + looks) * services * endpoints) {
      throw new Error(`${served.read} real servers were read`);
    }
    return { quiet: percentile(quiet, 50), busy: percentile(busy, 50) };
  } finally {
    client.close();
  }
}

async function times(
  book: OutlierBook,
  client: Pick<OutlierClient, 'realServers'>,
): Promise<readonly number[]> {
  const wrong = (): void => {
    throw new Error('a real server that serves was judged to fail');
  };
  const look = () => lookAtOutliers(book, client, { changed: wrong, ejected: wrong });
  for (let count = 0; count < warmUp; count += 1) {
    await look();
  }
  await collectGarbage();
  const samples: number[] = [];
  for (let count = 0; count < looks; count += 1) {
    const startedAt = performance.now();
    await look();
    samples.push(performance.now() - startedAt);
  }
  return samples;
}

/** Counters of the kernel, as if each real server had served since it was read last. */
class Served {
  read = 0;
  readonly #client: IpvsClient;

  constructor(client: IpvsClient) {
    this.#client = client;
  }

  async realServers(id: VirtualServerId): Promise<CountedRealServer[]> {
    const listed = await this.#client.realServers(id);
    this.read += listed.length;
    const times = this.read;
    return listed.map((each) => ({
      ...each,
      statistics: {
        connections: times,
        packetsIn: 6 * times,
        bytesIn: 500 * times,
        packetsOut: 5 * times,
        bytesOut: 900 * times,
      },
    }));
  }
}

function realServersOf(index: number, endpoints: number): ReadonlyMap<string, RealServer> {
  const all = Array.from({ length: endpoints }, (_, position): RealServer => ({
    address: ip(endpointAddress(index, position, endpoints)),
    port: targetPort,
    method: 'masq',
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
  }));
  return new Map(all.map((each) => [formatRealServer(each), each]));
}

function ip(text: string): IpAddress {
  const address = IpAddress.parse(text);
  if (address === undefined) {
    throw new Error(`not an address: ${text}`);
  }
  return address;
}
