import assert from 'node:assert/strict';
import {
  chooseVariant,
  type VariantFinding,
} from '../../../../../src/kernel/packet-filter/iptables/choose-variant.ts';

function works(...lines: readonly string[]): VariantFinding {
  return { kind: 'works', rules: ['# Generated', '*mangle', ...lines, 'COMMIT', ''].join('\n') };
}

const empty = works();
const fails: VariantFinding = { kind: 'fails', reason: 'the program is missing' };
const oneRule = works('-A INPUT -j ACCEPT');
const twoRules = works('-A INPUT -j ACCEPT', '-A OUTPUT -j ACCEPT');
const busy: VariantFinding = { kind: 'busy', reason: 'the lock is held' };

function variantOf(findings: Parameters<typeof chooseVariant>[0]) {
  const choice = chooseVariant(findings);
  return choice.kind === 'chosen' ? choice.variant : undefined;
}

describe('the choice between the two variants of iptables', () => {
  for (const chain of ['KUBE-IPTABLES-HINT', 'KUBE-KUBELET-CANARY']) {
    it(`is the one where the kubelet has left ${chain}, however many rules the other holds`, () => {
      const hinted = works(`:${chain} - [0:0]`);
      const why = "it holds the kubelet's hint chain";
      assert.deepEqual(chooseVariant({ legacy: hinted, nft: twoRules }), {
        kind: 'chosen',
        variant: 'legacy',
        why,
      });
      assert.deepEqual(chooseVariant({ legacy: twoRules, nft: hinted }), {
        kind: 'chosen',
        variant: 'nft',
        why,
      });
    });
  }

  it('is nft where both hold the hint', () => {
    const hinted = works(':KUBE-IPTABLES-HINT - [0:0]');
    assert.equal(variantOf({ legacy: hinted, nft: hinted }), 'nft');
  });

  it('does not take a chain whose name only begins so for the hint', () => {
    const alike = works(':KUBE-IPTABLES-HINTS - [0:0]');
    assert.equal(variantOf({ legacy: alike, nft: empty }), 'nft');
  });

  it('is the one that holds more rules', () => {
    const why = 'it holds rules already';
    assert.deepEqual(chooseVariant({ legacy: oneRule, nft: empty }), {
      kind: 'chosen',
      variant: 'legacy',
      why,
    });
    assert.deepEqual(chooseVariant({ legacy: empty, nft: oneRule }), {
      kind: 'chosen',
      variant: 'nft',
      why,
    });
    assert.deepEqual(chooseVariant({ legacy: twoRules, nft: oneRule }), {
      kind: 'chosen',
      variant: 'legacy',
      why,
    });
  });

  it('is nft where neither holds more than the other', () => {
    const why = 'both work and neither holds more rules';
    assert.deepEqual(chooseVariant({ legacy: empty, nft: empty }), {
      kind: 'chosen',
      variant: 'nft',
      why,
    });
    assert.deepEqual(chooseVariant({ legacy: oneRule, nft: oneRule }), {
      kind: 'chosen',
      variant: 'nft',
      why,
    });
  });

  it('is the one that works, where the other does not', () => {
    const why = 'the other one does not work here';
    assert.deepEqual(chooseVariant({ legacy: empty, nft: fails }), {
      kind: 'chosen',
      variant: 'legacy',
      why,
    });
    assert.deepEqual(chooseVariant({ legacy: fails, nft: empty }), {
      kind: 'chosen',
      variant: 'nft',
      why,
    });
  });

  it('is none where none works', () => {
    assert.deepEqual(chooseVariant({ legacy: fails, nft: fails }), { kind: 'none' });
  });

  it('waits for a busy one, which may hold what decides', () => {
    const wait = { kind: 'wait', reason: 'the lock is held' };
    assert.deepEqual(chooseVariant({ legacy: busy, nft: twoRules }), wait);
    assert.deepEqual(chooseVariant({ legacy: fails, nft: busy }), wait);
  });

  it("does not wait for a busy one where the other holds the kubelet's hint", () => {
    const hinted = works(':KUBE-IPTABLES-HINT - [0:0]');
    assert.equal(variantOf({ legacy: hinted, nft: busy }), 'legacy');
  });
});
