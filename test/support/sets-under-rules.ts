import { SetClient } from '../../src/kernel/ipset/client.ts';
import type { FakeIptables } from './fake-iptables.ts';
import type { FakeKernel } from './fake-kernel/fake-kernel.ts';

/** The sets of a fake kernel, to which the rules of a fake iptables refer. */
export function setsUnder(kernel: FakeKernel, iptables: FakeIptables): SetClient {
  kernel.ipset.references = (name) => iptables.countRules(`-set ${name} `);
  return new SetClient({}, kernel.open('netfilter'));
}
