import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { portRangesOf } from '../../../../../src/kernel/packet-filter/filter-member.ts';
import { openIptablesFilter } from '../../../../../src/kernel/packet-filter/iptables/iptables-filter.ts';
import { settings as chains } from '../../../../support/chains-world.ts';
import { ip } from '../../../../support/cluster-objects.ts';
import { ensureAll } from '../../../../support/ensure-all.ts';
import { FakeIptables } from '../../../../support/fake-iptables.ts';
import { FakeKernel } from '../../../../support/fake-kernel/fake-kernel.ts';
import { setsUnder } from '../../../../support/sets-under-rules.ts';

const program = 'iptables-nft';
const range = {
  protocol: 'UDP',
  first: 10_000,
  last: 10_009,
  mark: 1,
  role: 'external',
  sources: undefined,
} as const;

function openWorld(
  iptables = new FakeIptables(),
  kernel = new FakeKernel(),
  rangeMarks = chains.rangeMarks,
  run = iptables.run,
) {
  const filter = openIptablesFilter(
    ['IPv4'],
    { chains: { ...chains, rangeMarks, hasPortRanges: false }, iptables: 'nft' },
    { note: () => undefined, changed: () => undefined },
    run,
    setsUnder(kernel, iptables),
  );
  const ensure = async () => (await ensureAll(filter.foundations)).map(String);
  const desire = () => {
    const member = portRangesOf(ip('192.0.2.1'), [range]);
    filter.members.setDesiredAt(filter.members.at(filter.members.keyOf(member)), member);
  };
  const hasRules = () => iptables.everything(program).includes('--map-set kube-ipvs-range-marks-4');
  return { iptables, kernel, filter, ensure, desire, hasRules };
}

/** As many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await nextTurn();
  }
}

describe('the first port range of a node', () => {
  it('brings the rules for port ranges, before its ports get marks', async () => {
    const { iptables, kernel, filter, ensure, desire, hasRules } = openWorld();
    assert.deepEqual(await ensure(), []);
    await filter.members.relist();
    assert.equal(hasRules(), false);
    assert.doesNotMatch(iptables.everything(program), /security/);
    kernel.log.length = 0;
    desire();
    const { failures } = await filter.members.applyAdditions(0);
    assert.deepEqual(failures, []);
    assert.equal(hasRules(), true);
    assert.equal(kernel.ipset.entries('kube-ipvs-range-marks-4').length, 10);
    assert.deepEqual(await ensure(), []);
  });

  it('brings them while an audit writes the rules anew, and each jump is there once', async () => {
    const slow = new FakeIptables();
    const { iptables, filter, ensure, desire, hasRules } = openWorld(
      slow,
      undefined,
      undefined,
      async (...call) => {
        const answer = await slow.run(...call);
        await turns(20);
        return answer;
      },
    );
    await ensure();
    await filter.members.relist();
    iptables.setRules(program, 'nat', 'PREROUTING', []);
    desire();
    await Promise.all([filter.foundations[1]?.ensure(), filter.members.applyAdditions(0)]);
    assert.equal(hasRules(), true);
    for (const [table, chain] of [
      ['nat', 'PREROUTING'],
      ['mangle', 'PREROUTING'],
    ] as const) {
      const rules = iptables.rules(program, table, chain) ?? [];
      assert.ok(rules.length > 0);
      assert.deepEqual(rules, [...new Set(rules)]);
    }
  });

  it('leaves its sets as they are in audits, and has others where other bits of marks are configured', async () => {
    const { iptables, kernel, ensure } = openWorld();
    const made = () => kernel.log.splice(0).filter((words) => words.startsWith('make set'));
    await ensure();
    assert.equal(made().length, 19);
    await ensure();
    assert.deepEqual(made(), []);
    const next = openWorld(iptables, kernel, 0x7f00);
    await next.ensure();
    assert.deepEqual(
      made(),
      ['cluster', 'external', 'node-only', 'refused', 'guarded'].map(
        (role) => `make set kube-ipvs-range-${role}-4`,
      ),
    );
  });

  it('is one that an earlier run has left: its rules stay over a restart', async () => {
    const { iptables, kernel, filter, ensure, desire, hasRules } = openWorld();
    await ensure();
    await filter.members.relist();
    desire();
    await filter.members.applyAdditions(0);
    const next = openWorld(iptables, kernel);
    const before = iptables.everything(program);
    assert.deepEqual(await next.ensure(), []);
    assert.equal(hasRules(), true);
    assert.equal(iptables.everything(program), before);
  });

  it('is served as far as it goes where a program holds the lock, and by the next audit', async () => {
    const { iptables, kernel, filter, ensure, desire, hasRules } = openWorld();
    await ensure();
    await filter.members.relist();
    iptables.options = { missing: ['iptables-nft'] };
    desire();
    assert.deepEqual((await filter.members.applyAdditions(0)).failures, []);
    assert.equal(hasRules(), false);
    assert.equal(kernel.ipset.entries('kube-ipvs-range-marks-4').length, 10);
    iptables.options = {};
    assert.deepEqual(await ensure(), []);
    assert.equal(hasRules(), true);
  });

  for (const type of ['hash:ip,mark', 'hash:net,net']) {
    it(`is the reason to tell that the kernel lacks sets of type ${type}`, async () => {
      const { kernel, filter, ensure, desire } = openWorld();
      kernel.ipset.revisions.delete(type);
      assert.deepEqual(await ensure(), []);
      await filter.members.relist();
      desire();
      await filter.members.applyAdditions(0);
      const [failure = ''] = await ensure();
      assert.match(
        failure,
        /the kernel has no sets of type hash:.* Until then there are no port ranges$/,
      );
      // A mark alone would let everybody in.
      assert.deepEqual(kernel.ipset.entries('kube-ipvs-range-marks-4'), []);
    });
  }
});
