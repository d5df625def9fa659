import assert from 'node:assert/strict';
import { featuresOf, missingFeatures, moduleOf } from '../../../src/masquerade/missing-feature.ts';

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

describe('what is missing', () => {
  it('is what refused rules need and no accepted rule has', () => {
    assert.deepEqual(
      missingFeatures(
        ['-m set --match-set a src -j REJECT', '-m mark --mark 0x1 -j REJECT'],
        ['-m set --match-set a src -j DROP', '-m mark --mark 0x1 -j ACCEPT'],
      ),
      ['target REJECT'],
    );
  });

  it('is several features where no accepted rule has any of them', () => {
    assert.deepEqual(missingFeatures(['-m set --match-set a src -j REJECT'], []), [
      'match set',
      'target REJECT',
    ]);
  });

  it('is the refused rule itself where accepted rules have all that it needs', () => {
    assert.deepEqual(missingFeatures(['-m set -j DROP'], ['-m set -j RETURN', '-j DROP']), [
      'rule "-m set -j DROP"',
    ]);
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
