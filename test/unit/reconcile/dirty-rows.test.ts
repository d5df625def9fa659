import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DirtyRows, type Dirtiable } from '../../../src/reconcile/dirty-rows.ts';

interface Named extends Dirtiable {
  readonly name: number;
}

function rows(count: number): Named[] {
  return Array.from({ length: count }, (_, name) => ({ name, dirtyAt: -1 }));
}

describe('dirty rows', () => {
  it('are listed in the order in which they became dirty, each once', () => {
    const [a, b, c] = rows(3) as [Named, Named, Named];
    const dirty = new DirtyRows<Named>();
    for (const row of [c, a, c, b]) {
      dirty.add(row);
    }
    assert.deepEqual(dirty.list(), [c, a, b]);
    assert.equal(dirty.size, 3);
  });

  it('are none that were deleted, and come last where they are added again', () => {
    const [a, b] = rows(2) as [Named, Named];
    const dirty = new DirtyRows<Named>();
    dirty.add(a);
    dirty.add(b);
    dirty.delete(a);
    assert.ok(!dirty.has(a));
    dirty.add(a);
    assert.deepEqual(dirty.list(), [b, a]);
  });

  it('leave a list alone that was given out before', () => {
    const [a, b] = rows(2) as [Named, Named];
    const dirty = new DirtyRows<Named>();
    dirty.add(a);
    const list = dirty.list();
    dirty.delete(a);
    dirty.add(b);
    assert.deepEqual(list, [a]);
  });

  it('are those of a Set, whatever comes in whatever order', () => {
    const step = fc.record({ does: fc.constantFrom('add', 'delete', 'list'), row: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const all = rows(21);
        const dirty = new DirtyRows<Named>();
        const model = new Set<Named>();
        for (const { does, row: number } of steps) {
          const row = all[number]!;
          if (does === 'add') {
            dirty.add(row);
            model.add(row);
          } else if (does === 'delete') {
            dirty.delete(row);
            model.delete(row);
          } else {
            assert.deepEqual(dirty.list(), [...model]);
          }
          assert.equal(dirty.size, model.size);
          assert.equal(dirty.has(row), model.has(row));
          assert.equal(
            dirty.some(({ name }) => name > 10),
            [...model].some(({ name }) => name > 10),
          );
        }
      }),
    );
  });

  it('keep nothing of a first sync once all is done', () => {
    const all = rows(3000);
    const dirty = new DirtyRows<Named>();
    for (const row of all) {
      dirty.add(row);
    }
    for (const row of all) {
      dirty.delete(row);
    }
    const [first] = all as [Named, ...Named[]];
    dirty.add(first);
    assert.equal(first.dirtyAt, 0);
  });
});
