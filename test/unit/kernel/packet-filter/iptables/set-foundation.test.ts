import assert from 'node:assert/strict';
import { openIptablesFilter } from '../../../../../src/kernel/packet-filter/iptables/iptables-filter.ts';
import { assertInPlace, program, settings as chains } from '../../../../support/chains-world.ts';
import { ensureAll } from '../../../../support/ensure-all.ts';
import { FakeIptables } from '../../../../support/fake-iptables.ts';
import { FakeKernel } from '../../../../support/fake-kernel/fake-kernel.ts';
import { setsUnder } from '../../../../support/sets-under-rules.ts';

const admitted = 'kube-ipvs-admitted-4';

function setUp() {
  const iptables = new FakeIptables();
  const kernel = new FakeKernel();
  const filter = openIptablesFilter(
    ['IPv4'],
    { chains, iptables: 'nft' },
    { note: () => undefined, changed: () => undefined },
    iptables.run,
    setsUnder(kernel, iptables),
  );
  const ensure = async () => (await ensureAll(filter.foundations)).map(String);
  return { iptables, kernel, ensure };
}

describe('a set that was there', () => {
  it('is taken to be there still while the kernel cannot be asked, and its rules stay', async () => {
    const { iptables, kernel, ensure } = setUp();
    assert.deepEqual(await ensure(), []);
    const before = iptables.restored().length;
    kernel.addFaults(`header of set ${admitted}`, { kind: 'refused', code: 'ENOMEM' });
    const failures = await ensure();
    assert.equal(failures.length, 1);
    assert.match(failures[0] ?? '', /ENOMEM/);
    assert.equal(iptables.restored().length, before);
    assertInPlace(iptables);
    assert.deepEqual(await ensure(), []);
  });

  it('is missing when it is gone and cannot be made again', async () => {
    const { iptables, kernel, ensure } = setUp();
    await ensure();
    // Others have flushed the rules, and destroyed what they referred to.
    iptables.setRules(program, 'mangle', 'KIPVS-OUTPUT', []);
    iptables.setRules(program, 'filter', 'KIPVS-INPUT', []);
    kernel.ipset.sets.delete(admitted);
    kernel.refuses = ({ words }) => (words === `make set ${admitted}` ? 'ENOMEM' : undefined);
    const [failure = ''] = await ensure();
    assert.match(failure, /ENOMEM/);
    assert.equal(iptables.countRules(`--match-set ${admitted} `), 0);
    assert.ok(iptables.countRules('--match-set kube-ipvs-refused-4 ') > 0);
    kernel.refuses = () => undefined;
    assert.deepEqual(await ensure(), []);
    assertInPlace(iptables);
  });
});
