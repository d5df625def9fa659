import assert from 'node:assert/strict';
import { translateOnce } from '../../../src/app/translate-once.ts';
import { ClusterStore } from '../../../src/cluster/store.ts';
import type { AddressWithPortRanges } from '../../../src/kernel/packet-filter/packet-filter.ts';
import type { VirtualServerHead } from '../../../src/kernel/ipvs/model.ts';
import type { Service } from '../../../src/cluster/objects.ts';
import { ip, service } from '../../support/cluster-objects.ts';
import { plainSettings } from '../../support/ipvs-examples.ts';
import { MemoryTables } from '../../support/memory-tables.ts';
import { asking } from '../../support/sip.ts';
import { translatorOptions } from '../../support/translator-world.ts';

/** The virtual servers that come of one Service, and how often the kernel was asked for port ranges. */
async function translated(
  one: Service,
  held: readonly AddressWithPortRanges[],
  others: readonly VirtualServerHead[] = [],
): Promise<{ readonly keys: readonly string[]; readonly asked: number }> {
  const tables = new MemoryTables();
  const store = new ClusterStore();
  let asked = 0;
  await translateOnce({
    source: {
      start: (into) => {
        into.setService(one);
        return Promise.resolve();
      },
      stop: () => Promise.resolve(),
    },
    ...{ store, timeoutMs: 1000, desired: tables.desired, settings: translatorOptions },
    addresses: { links: () => Promise.resolve([]), addresses: () => Promise.resolve([]) },
    listener: { problem: () => undefined, mistake: (_key, error) => assert.fail(error) },
    kernel: {
      portRanges: () => {
        asked += 1;
        return Promise.resolve(held);
      },
      ipvs: { virtualServers: () => Promise.resolve(others) },
    },
  });
  return { keys: [...tables.virtualServers.rows.keys()], asked };
}

const ranges = [{ protocol: 'UDP', mark: 5, first: 10, last: 20 }] as const;

describe('a single translation of the cluster', () => {
  it('gives port ranges the packet mark that they have in the kernel', async () => {
    const annotations = new Map(Object.entries(asking('15-30/UDP')));
    const held = [{ address: ip('10.96.0.1'), ranges }];
    const { keys } = await translated(service({ annotations }), held);
    assert.deepEqual(keys, ['TCP 10.96.0.1:80', 'fwmark 5 (IPv4)']);
  });

  it('gives them the first mark where the kernel has none', async () => {
    const annotations = new Map(Object.entries(asking('15-30/UDP')));
    const { keys, asked } = await translated(service({ annotations }), []);
    assert.deepEqual([keys.at(-1), asked], ['fwmark 1 (IPv4)', 1]);
  });

  it('gives them no mark that others have a virtual server for', async () => {
    const annotations = new Map(Object.entries(asking('15-30/UDP')));
    const settings = { ...plainSettings, owned: false };
    const others = [1, 2].map((fwmark) => ({
      id: { kind: 'fwmark', family: 'IPv4', fwmark } as const,
      settings,
    }));
    const { keys } = await translated(service({ annotations }), [], others);
    assert.equal(keys.at(-1), 'fwmark 3 (IPv4)');
  });

  it('does not ask the kernel where no Service needs a mark', async () => {
    assert.equal((await translated(service(), [])).asked, 0);
  });
});
