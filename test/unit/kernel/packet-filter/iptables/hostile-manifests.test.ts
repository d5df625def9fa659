import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAddressOperation } from '../../../../../src/kernel/vip-link/messages.ts';
import { parseEndpointSlice } from '../../../../../src/cluster/parse-endpoint-slice.ts';
import { parseService } from '../../../../../src/cluster/parse-service.ts';
import { writeSetOperation } from '../../../../../src/kernel/ipset/encode.ts';
import { SetClient } from '../../../../../src/kernel/ipset/client.ts';
import { writeOperation } from '../../../../../src/kernel/ipvs/encode.ts';
import { openIptablesFilter } from '../../../../../src/kernel/packet-filter/iptables/iptables-filter.ts';
import { SetEntryKind } from '../../../../../src/kernel/packet-filter/iptables/set-kind.ts';
import { allSets } from '../../../../../src/kernel/packet-filter/iptables/sets.ts';
import type { MessageWriter } from '../../../../../src/kernel/netlink/message-writer.ts';
import { KindTable } from '../../../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../../../src/reconcile/reconciler.ts';
import { virtualServerDifference } from '../../../../../src/kernel/ipvs/virtual-server-difference.ts';
import { schedulers } from '../../../../../src/kernel/ipvs/schedulers.ts';
import { ip } from '../../../../support/cluster-objects.ts';
import { FakeIptables } from '../../../../support/fake-iptables.ts';
import { FakeKernel } from '../../../../support/fake-kernel/fake-kernel.ts';
import { evil, hostileService, hostileSlice } from '../../../../support/hostile-manifests.ts';
import { kernelKinds } from '../../../../support/kernel-kinds.ts';
import { bytesOf, deviations, type Grammar } from '../../../../support/message-grammar.ts';
import { setsUnder } from '../../../../support/sets-under-rules.ts';
import { TranslatorWorld } from '../../../../support/translator-world.ts';
import { writtenBytes } from '../../../../support/written-bytes.ts';

const nodeAddresses = [ip('192.0.2.10'), ip('2001:db8::10')];

interface Cluster {
  readonly services: readonly unknown[];
  readonly slices: readonly unknown[];
}

const cluster: fc.Arbitrary<Cluster> = fc.record({
  services: fc.array(hostileService, { minLength: 1, maxLength: 3 }),
  slices: fc.array(hostileSlice, { minLength: 1, maxLength: 4 }),
});

/** All that a cluster becomes, from its manifests to the desired rows. */
function translated({ services, slices }: Cluster): TranslatorWorld {
  const world = new TranslatorWorld();
  for (const raw of services) {
    const { value } = parseService(raw);
    if (value !== undefined) {
      world.store.setService(value);
    }
  }
  for (const raw of slices) {
    const { value } = parseEndpointSlice(raw);
    if (value !== undefined) {
      world.store.setSlice(value);
    }
  }
  world.translator.nodeAddressesChanged(nodeAddresses);
  world.translator.everythingChanged();
  world.translator.translate();
  assert.deepEqual(world.mistakes, []);
  return world;
}

/** Every program that is started, with its arguments and input, by a node with this cluster. */
async function callsOf({ tables }: TranslatorWorld) {
  const iptables = new FakeIptables();
  const kernel = new FakeKernel();
  const sets = setsUnder(kernel, iptables);
  const settings = {
    masqueradeAll: false,
    masqueradeBit: 14,
    rangeMarks: 0x107f,
    local: { kind: 'none' },
    randomFully: true,
  } as const;
  const { foundations, members } = openIptablesFilter(
    ['IPv4', 'IPv6'],
    { chains: settings, iptables: 'nft' },
    { note: () => undefined, changed: () => undefined },
    iptables.run,
    sets,
  );
  const kinds = await kernelKinds(kernel);
  const virtualServers = new KindTable(kinds.virtualServers);
  const addresses = new KindTable(kinds.addresses);
  const reconciler = new Reconciler([members, virtualServers, addresses], () => 0, foundations);
  reconciler.allowRemovals();
  for (const [key, row] of tables.members.rows) {
    members.setDesiredAt(members.at(key), row);
  }
  for (const [key, row] of tables.virtualServers.rows) {
    virtualServers.setDesired(key, row);
  }
  const { failures } = await reconciler.audit();
  assert.deepEqual(failures, []);
  await reconciler.audit();
  return iptables.calls;
}

const address: Grammar = { 1: bytesOf(4), 2: bytesOf(16) };
const setGrammar: Grammar = {
  1: bytesOf(1),
  2: { words: new Set(allSets(['IPv4', 'IPv6']).map(({ name }) => name)) },
  7: {
    attributes: {
      1: { attributes: address },
      3: bytesOf(1),
      4: bytesOf(2),
      7: bytesOf(1),
      20: { attributes: address },
      21: bytesOf(1),
    },
  },
};
const ipvsGrammar: Grammar = {
  1: {
    attributes: {
      1: bytesOf(2),
      2: bytesOf(2),
      3: bytesOf(16),
      4: bytesOf(2),
      6: { words: new Set(schedulers) },
      7: bytesOf(8),
      8: bytesOf(4),
      9: bytesOf(4),
    },
  },
  2: {
    attributes: {
      1: bytesOf(16),
      2: bytesOf(2),
      3: bytesOf(4),
      4: bytesOf(4),
      5: bytesOf(4),
      6: bytesOf(4),
      11: bytesOf(2),
    },
  },
};
const addressGrammar: Grammar = {
  1: bytesOf(4, 16),
  2: bytesOf(4, 16),
  6: bytesOf(16),
  8: bytesOf(4),
  9: bytesOf(4),
};

function write<T>(
  items: Iterable<T>,
  writeOne: (writer: MessageWriter, sequence: number, item: T) => void,
): Buffer {
  return writtenBytes((writer) => {
    let sequence = 0;
    for (const item of items) {
      sequence += 1;
      writeOne(writer, sequence, item);
    }
  });
}

describe('hostile manifests', () => {
  it('change no command, no argument and no byte of what iptables-restore is given', async () => {
    const expected = await callsOf(translated({ services: [], slices: [] }));
    assert.equal(expected.length, 4);
    await fc.assert(
      fc.asyncProperty(cluster, async (manifests) => {
        assert.deepEqual(await callsOf(translated(manifests)), expected);
      }),
      { numRuns: 150 },
    );
  });

  it('reach the kernel as addresses, numbers and words of our own only', () => {
    fc.assert(
      fc.property(cluster, (manifests) => {
        const { tables } = translated(manifests);
        const kind = new SetEntryKind(new SetClient({}, new FakeKernel().open('netfilter')), [
          'IPv4',
          'IPv6',
        ]);
        const additions = [...tables.members.rows.values()].flatMap(
          (member) => kind.difference(member, undefined).additions,
        );
        const members = write(additions, (writer, sequence, operation) => {
          writeSetOperation(writer, sequence, operation);
        });
        const operations = [...tables.virtualServers.rows.values()].flatMap(
          (row) => virtualServerDifference(row, undefined).additions,
        );
        const servers = write(operations, (writer, sequence, operation) => {
          writeOperation(writer, 28, sequence, operation);
        });
        const bound = write(tables.boundAddresses.rows.values(), (writer, sequence, at) => {
          writeAddressOperation(writer, sequence, 7, { kind: 'bind', address: at });
        });
        assert.deepEqual(deviations(members, 4, setGrammar), []);
        assert.deepEqual(deviations(servers, 4, ipvsGrammar), []);
        assert.deepEqual(deviations(bound, 8, addressGrammar), []);
        assert.ok(!Buffer.concat([members, servers, bound]).includes(evil));
      }),
      { numRuns: 500 },
    );
  });

  it('come through in part, or this would say nothing', () => {
    const samples = fc.sample(cluster, { numRuns: 200, seed: 1 }).map(translated);
    const roles = new Set(
      samples.flatMap(({ tables }) =>
        [...tables.members.rows.values()].map(({ role }) => role as string),
      ),
    );
    for (const role of ['vip', 'cluster', 'external', 'local', 'guarded', 'admitted', 'hairpin']) {
      assert.ok(roles.has(role), `no ${role} in any sample`);
    }
    assert.ok(samples.some(({ problems }) => problems.join('').includes(evil)));
  });
});

describe('the programs that are started', () => {
  const sources = join(import.meta.dirname, '../../../../../src');

  it('are started in two places, neither of which knows anything of the cluster', () => {
    const starting = readdirSync(sources, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => ({ file, text: readFileSync(join(sources, file), 'utf8') }))
      .filter(({ text }) => text.includes('child_process'));
    assert.deepEqual(starting.map(({ file }) => file).toSorted(), [
      'kernel/line-monitor.ts',
      'kernel/packet-filter/iptables/iptables.ts',
    ]);
    for (const { text } of starting) {
      assert.doesNotMatch(text, /from '(?:\.\.\/)+(?:cluster|translate|source|desired)\//);
      assert.doesNotMatch(text, /shell: true|\bexec\(/);
    }
  });
});
