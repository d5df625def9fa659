import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Claims } from '../../../src/reconcile/claims.ts';
import { PlaceMap } from '../../../src/reconcile/place-map.ts';

/** Claims whose owners replace all that they want at once. */
class ClaimsOfOwners extends Claims<string> {
  readonly #keys = new Map<string, readonly string[]>();

  constructor() {
    super(new PlaceMap());
  }

  /** Returns the keys that this was about, and with those whose row became another one. */
  replace(owner: string, rank: number, wanted: ReadonlyMap<string, string>) {
    const gone = (this.#keys.get(owner) ?? []).filter((key) => !wanted.has(key));
    const touched = [...gone, ...wanted.keys()];
    const changed = touched.filter((key) => this.claim(key, { key: owner, rank }, wanted.get(key)));
    this.#keys.set(owner, [...wanted.keys()]);
    return { touched, changed };
  }
}

function rows(...pairs: [key: string, row: string][]): Map<string, string> {
  return new Map(pairs);
}

describe('claims', () => {
  it('give a key to its only owner', () => {
    const claims = new ClaimsOfOwners();
    claims.replace('a', 1, rows(['k', 'row of a']));
    assert.equal(claims.row('k'), 'row of a');
    assert.equal(claims.holder('k'), 'a');
  });

  it('give a key that nobody claims to nobody', () => {
    const claims = new ClaimsOfOwners();
    assert.equal(claims.row('k'), undefined);
    assert.equal(claims.holder('k'), undefined);
  });

  it('give a key to the owner of the lowest rank, whoever came first', () => {
    const claims = new ClaimsOfOwners();
    claims.replace('young', 2, rows(['k', 'row of young']));
    claims.replace('old', 1, rows(['k', 'row of old']));
    assert.equal(claims.holder('k'), 'old');
    claims.replace('young', 2, rows(['k', 'another row of young']));
    assert.equal(claims.row('k'), 'row of old');
  });

  it('decide between equals by name', () => {
    const claims = new ClaimsOfOwners();
    claims.replace('b', 1, rows(['k', 'row of b']));
    claims.replace('a', 1, rows(['k', 'row of a']));
    assert.equal(claims.holder('k'), 'a');
  });

  it('pass a key on when its holder drops it', () => {
    const claims = new ClaimsOfOwners();
    claims.replace('a', 1, rows(['k', 'row of a'], ['l', 'row of a']));
    claims.replace('b', 2, rows(['k', 'row of b']));
    claims.replace('a', 1, rows(['l', 'row of a']));
    assert.equal(claims.row('k'), 'row of b');
    claims.replace('b', 2, rows());
    assert.equal(claims.row('k'), undefined);
    assert.equal(claims.row('l'), 'row of a');
  });

  it('take the new row of an owner in place of its old one', () => {
    const claims = new ClaimsOfOwners();
    claims.replace('a', 1, rows(['k', 'old']));
    claims.replace('a', 1, rows(['k', 'new']));
    assert.equal(claims.row('k'), 'new');
    claims.replace('a', 1, rows());
    assert.equal(claims.row('k'), undefined);
  });

  it('take the new rank of an owner', () => {
    const claims = new ClaimsOfOwners();
    claims.replace('a', 2, rows(['k', 'row of a']));
    claims.replace('b', 1, rows(['k', 'row of b']));
    claims.replace('a', 0, rows(['k', 'row of a']));
    assert.equal(claims.holder('k'), 'a');
  });

  it('tell whether a key has another row now', () => {
    const claims = new ClaimsOfOwners();
    const replace = (...args: Parameters<typeof claims.replace>) => {
      const { touched, changed } = claims.replace(...args);
      return { touched: touched.join(''), changed: changed.join('') };
    };
    for (const [owner, rank, wanted, touched, changed] of [
      ['a', 1, rows(['k', '1'], ['l', '1'], ['m', '1']), 'klm', 'klm'],
      ['a', 1, rows(['l', '1'], ['m', '2'], ['n', '1']), 'klmn', 'kmn'],
      ['b', 2, rows(['l', '9']), 'l', ''],
      ['b', 0, rows(['l', '9']), 'l', 'l'],
      ['a', 1, rows(['l', '1']), 'mnl', 'mn'],
      ['b', 0, rows(), 'l', 'l'],
      ['b', 0, rows(), '', ''],
    ] as const) {
      assert.deepEqual(replace(owner, rank, wanted), { touched, changed });
    }
  });

  it('know who claims a key and does not hold it, in their order', () => {
    const claims = new ClaimsOfOwners();
    for (const [owner, rank] of [
      ['c', 3],
      ['a', 1],
      ['b', 2],
    ] as const) {
      claims.replace(owner, rank, rows(['k', owner]));
    }
    assert.deepEqual(claims.losers('k'), ['b', 'c']);
    claims.replace('a', 1, rows());
    assert.deepEqual(claims.losers('k'), ['c']);
    assert.deepEqual(claims.losers('nobody claims this'), []);
  });

  it('never depend on the order in which they came', () => {
    const owner = fc.constantFrom('a', 'b', 'c');
    const owners = fc.uniqueArray(
      fc.record({ name: owner, rank: fc.nat(2), keys: fc.subarray(['k', 'l', 'm']) }),
      { selector: ({ name }) => name },
    );
    const history = fc.array(fc.record({ name: owner, keys: fc.subarray(['k', 'l', 'm']) }));
    fc.assert(
      fc.property(owners, history, (last, before) => {
        const claims = new ClaimsOfOwners();
        before.forEach(({ name, keys }) => {
          claims.replace(name, 7, new Map(keys.map((key) => [key, name])));
        });
        for (const name of ['a', 'b', 'c']) {
          claims.replace(name, 7, new Map());
        }
        last.forEach(({ name, rank, keys }) => {
          claims.replace(name, rank, new Map(keys.map((key) => [key, name])));
        });
        for (const key of ['k', 'l', 'm']) {
          const [first] = last
            .filter(({ keys }) => keys.includes(key))
            .toSorted((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
          assert.equal(claims.holder(key), first?.name);
          assert.equal(claims.row(key), first?.name);
        }
      }),
    );
  });
});
