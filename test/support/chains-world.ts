import assert from 'node:assert/strict';
import type { SetClient } from '../../src/kernel/ipset/client.ts';
import { AnotherLook } from '../../src/kernel/packet-filter/iptables/another-look.ts';
import { tablesOf, type ChainSettings } from '../../src/kernel/packet-filter/iptables/chains.ts';
import { MasqueradeFoundation } from '../../src/kernel/packet-filter/iptables/foundation.ts';
import { Iptables } from '../../src/kernel/packet-filter/iptables/iptables.ts';
import { SetFoundation } from '../../src/kernel/packet-filter/iptables/set-foundation.ts';
import { FakeIptables, type FakeIptablesOptions } from './fake-iptables.ts';
import type { FakeIpsets } from './fake-kernel/ipset.ts';
import { FakeKernel } from './fake-kernel/fake-kernel.ts';
import { setsUnder } from './sets-under-rules.ts';

export const settings: ChainSettings = {
  masqueradeAll: false,
  masqueradeBit: 14,
  rangeMarks: 0x107f,
  local: { kind: 'none' },
  randomFully: true,
  hasPortRanges: true,
};
export const program = 'iptables-nft';

interface Node {
  modules: string;
  nowMs: number;
  areSetsFilled: boolean;
}

interface Chains {
  ensure(): Promise<void>;
  remove(): Promise<void>;
}

interface ChainsWorld {
  readonly iptables: FakeIptables;
  /** The sets of the kernel, and what speaks to it of them. */
  readonly sets: FakeIpsets;
  readonly client: SetClient;
  readonly node: Node;
  readonly foundation: Chains;
}

export function setUp(options: FakeIptablesOptions = {}): ChainsWorld {
  const iptables = new FakeIptables(options);
  const kernel = new FakeKernel();
  const client = setsUnder(kernel, iptables);
  const node = { modules: 'xt_set', nowMs: 0, areSetsFilled: true };
  return {
    iptables,
    sets: kernel.ipset,
    client,
    node,
    foundation: chainsOf(iptables, client, node),
  };
}

/** The chains of a process on a node, with the sets that they look into. */
export function chainsOf(iptables: FakeIptables, client: SetClient, node: Readonly<Node>): Chains {
  const sets = new SetFoundation(client, ['IPv4'], { note: () => undefined });
  const chains = new MasqueradeFoundation({
    family: 'IPv4',
    client,
    sets,
    settings,
    variant: () => Promise.resolve('nft'),
    open: (family, variant) => new Iptables(family, variant, iptables.run),
    areSetsFilled: () => node.areSetsFilled,
    anotherLook: new AnotherLook(
      () => Promise.resolve(node.modules),
      () => node.nowMs,
    ),
  });
  return {
    ensure: async () => {
      await sets.ensure();
      await chains.ensure();
    },
    remove: () => chains.remove(),
  };
}

/** Fails unless all chains and jumps are there, each once. */
export function assertInPlace(iptables: FakeIptables): void {
  for (const { name, chains, jumps } of tablesOf('IPv4', settings)) {
    for (const chain of chains) {
      assert.deepEqual(iptables.rules(program, name, chain.name), chain.rules);
    }
    for (const { from, rule } of jumps) {
      const found = iptables.rules(program, name, from)?.filter((other) => other === rule);
      assert.deepEqual(found, [rule]);
    }
  }
}
