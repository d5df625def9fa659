import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  featuresOf,
  findRefused,
  moduleOf,
  needsOf,
} from '../../../../../src/kernel/packet-filter/iptables/missing-feature.ts';

describe('the features of a rule', () => {
  it('are its matches and its target', () => {
    assert.deepEqual(
      featuresOf('-p tcp -m conntrack --ctstate NEW -m set --match-set a src -j REJECT'),
      ['match conntrack', 'match set', 'target REJECT'],
    );
  });
});

describe('what every rule can do', () => {
  for (const target of ['ACCEPT', 'DROP', 'RETURN', 'KIPVS-REFUSE']) {
    it(`is no feature: ${target}`, () => {
      assert.deepEqual(featuresOf(`-m mark --mark 0x1 -j ${target}`), ['match mark']);
    });
  }
});

describe('what the rules of a table need', () => {
  it('is the table, and each match and target once, cut from the first rule that has it', () => {
    assert.deepEqual(
      needsOf('filter', [
        '! -p icmp -m set --match-set a dst -j KIPVS-A',
        '-p tcp -m conntrack --ctstate NEW -m set ! --match-set b src -j REJECT --reject-with tcp-reset',
        '-m set --match-set c dst -j REJECT',
      ]).map(({ feature, rule }) => [feature, rule]),
      [
        ['table filter', undefined],
        ['match set', '-m set --match-set a dst'],
        ['match conntrack', '-m conntrack --ctstate NEW'],
        ['target REJECT', '-p tcp -j REJECT --reject-with tcp-reset'],
      ],
    );
  });
});

describe('what is refused', () => {
  async function ask(items: readonly number[], refused: readonly number[]) {
    let questions = 0;
    const found = await findRefused(items, (some) => {
      questions += 1;
      assert.ok(some.length > 0);
      return Promise.resolve(!some.some((item) => refused.includes(item)));
    });
    return { found, questions };
  }
  const sixteen = Array.from({ length: 16 }, (_, index) => index);

  it('is found whichever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(sixteen), fc.subarray(sixteen), async (items, refused) => {
        const { found } = await ask(items, refused);
        assert.deepEqual(
          found,
          items.filter((item) => refused.includes(item)),
        );
      }),
    );
  });

  it('takes one question where nothing is, and few for one of many', async () => {
    assert.equal((await ask(sixteen, [])).questions, 1);
    for (const one of sixteen) {
      assert.ok((await ask(sixteen, [one])).questions <= 9);
    }
  });
});

describe('the module of a feature', () => {
  for (const [feature, module] of [
    ['match set', 'xt_set'],
    ['match conntrack', 'xt_conntrack'],
    ['target MASQUERADE', 'xt_MASQUERADE'],
    ['target MARK', 'xt_mark'],
    ['target REJECT', 'ipt_REJECT and ip6t_REJECT'],
  ] as const) {
    it(`is ${module} for ${feature}`, () => {
      assert.equal(moduleOf(feature), module);
    });
  }

  it('is unknown for a rule as a whole', () => {
    assert.equal(moduleOf('rule "-m set -j DROP"'), undefined);
  });
});
