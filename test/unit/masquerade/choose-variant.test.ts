import assert from 'node:assert/strict';
import { chooseVariant, type VariantFinding } from '../../../src/masquerade/choose-variant.ts';

function works(...lines: readonly string[]): VariantFinding {
  return { kind: 'works', rules: ['# Generated', '*mangle', ...lines, 'COMMIT', ''].join('\n') };
}

const empty = works();
const fails: VariantFinding = { kind: 'fails', reason: 'the program is missing' };
const oneRule = works('-A INPUT -j ACCEPT');
const twoRules = works('-A INPUT -j ACCEPT', '-A OUTPUT -j ACCEPT');

describe('the choice between the two variants of iptables', () => {
  for (const chain of ['KUBE-IPTABLES-HINT', 'KUBE-KUBELET-CANARY']) {
    it(`is the one where the kubelet has left ${chain}, however many rules the other holds`, () => {
      const hinted = works(`:${chain} - [0:0]`);
      const why = "it holds the kubelet's hint chain";
      assert.deepEqual(chooseVariant({ legacy: hinted, nft: twoRules }), {
        variant: 'legacy',
        why,
      });
      assert.deepEqual(chooseVariant({ legacy: twoRules, nft: hinted }), { variant: 'nft', why });
    });
  }

  it('is nft where both hold the hint', () => {
    const hinted = works(':KUBE-IPTABLES-HINT - [0:0]');
    assert.equal(chooseVariant({ legacy: hinted, nft: hinted })?.variant, 'nft');
  });

  it('does not take a chain whose name only begins so for the hint', () => {
    const alike = works(':KUBE-IPTABLES-HINTS - [0:0]');
    assert.equal(chooseVariant({ legacy: alike, nft: empty })?.variant, 'nft');
  });

  it('is the one that holds more rules', () => {
    const why = 'it holds rules already';
    assert.deepEqual(chooseVariant({ legacy: oneRule, nft: empty }), { variant: 'legacy', why });
    assert.deepEqual(chooseVariant({ legacy: empty, nft: oneRule }), { variant: 'nft', why });
    assert.deepEqual(chooseVariant({ legacy: twoRules, nft: oneRule }), {
      variant: 'legacy',
      why,
    });
  });

  it('is nft where neither holds more than the other', () => {
    const why = 'both work and neither holds more rules';
    assert.deepEqual(chooseVariant({ legacy: empty, nft: empty }), { variant: 'nft', why });
    assert.deepEqual(chooseVariant({ legacy: oneRule, nft: oneRule }), { variant: 'nft', why });
  });

  it('is the one that works, where the other does not', () => {
    const why = 'the other one does not work here';
    assert.deepEqual(chooseVariant({ legacy: empty, nft: fails }), { variant: 'legacy', why });
    assert.deepEqual(chooseVariant({ legacy: fails, nft: empty }), { variant: 'nft', why });
  });

  it('is none where none works', () => {
    assert.equal(chooseVariant({ legacy: fails, nft: fails }), undefined);
  });
});
