import assert from 'node:assert/strict';
import { Group, serves, type Second } from '../../support/judged-group.ts';

describe('what clients send once more to a real server that is silent', () => {
  let group: Group;
  beforeEach(() => {
    group = new Group();
  });

  const threeTwice: Second = { connections: 3, back: 'nothing', repeats: 3 };

  it('ejects it at the first look, where three connections were tried once more in vain', () => {
    group.second({ a: threeTwice, b: serves, c: serves });
    assert.deepEqual(group.ejected, ['a']);
  });

  it('counts from look to look, until something is answered', () => {
    const some: Second = { connections: 2, back: 'nothing', repeats: 1 };
    group.second({ a: { ...some, repeats: 2 }, b: serves });
    group.second({ a: serves, b: serves });
    group.second({ a: some, b: serves });
    assert.deepEqual(group.ejected, []);
    group.second({ a: { ...some, repeats: 2 }, b: serves });
    assert.deepEqual(group.ejected, ['a']);
  });

  for (const [what, second] of [
    ['two connections, however often', { ...threeTwice, connections: 2, repeats: 9 }],
    ['two that are tried once more', { ...threeTwice, repeats: 2 }],
    ['connections of which some are refused', { ...threeTwice, back: 'resets' }],
  ] as const) {
    it(`is not enough at the first look: ${what}`, () => {
      group.second({ a: second, b: serves });
      assert.deepEqual(group.ejected, []);
    });
  }

  for (const protocol of ['UDP', 'SCTP'] as const) {
    it(`is not known of ${protocol}, whose clients may send on`, () => {
      const other = new Group({ protocol, family: 'IPv4' });
      other.second({ a: { ...threeTwice, repeats: 30 }, b: serves });
      assert.deepEqual(other.ejected, []);
    });
  }
});
