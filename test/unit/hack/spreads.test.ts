import assert from 'node:assert/strict';
import { drawing, percent } from '../../../hack/spreads/drawing.ts';
import { mixedOrder, movedShare, sharesOf } from '../../../hack/spreads/spread.ts';

describe('measured spreads', () => {
  it('are the part of each Pod, and of refusals', () => {
    assert.deepEqual(sharesOf([1, 1, 2, 0], 3), [0.25, 0.5, 0.25, 0]);
  });

  it('count as moved only clients whose Pod is still there', () => {
    assert.equal(movedShare([1, 2, 3, 3], [1, 1, 1, 2]), 3 / 4);
    assert.equal(movedShare([1, 2, 3, 3], [1, 1, 1, 2], 3), 1 / 2);
  });

  it('come from each client equally often, in an order that is always the same', () => {
    const order = mixedOrder(50, 4);
    assert.deepEqual(order, mixedOrder(50, 4));
    assert.notDeepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    const counts = new Set(
      [...Map.groupBy(order, (client) => client).values()].map((of) => of.length),
    );
    assert.deepEqual([...counts], [4]);
    assert.equal(new Set(order).size, 50);
  });

  it('are drawn as wide as they are', () => {
    const moves = [{ scheduler: 'mh', moved: new Map([['one leaves', 0.5]]) }];
    const svg = drawing([{ scheduler: 'rr', shares: [0.5, 0.25, 0.25, 0, 0, 0] }], moves);
    const widths = [...svg.matchAll(/height="14" fill/g)];
    assert.equal(widths.length, 4, 'a bar for each part that is there, and one for what moves');
    assert.equal([...svg.matchAll(/width="280.0" height="14"/g)].length, 2);
    assert.equal([...svg.matchAll(/width="140.0" height="14"/g)].length, 2);
  });

  it('are rounded, but not to nothing', () => {
    assert.deepEqual([0, 0.004, 0.2, 1].map(percent), ['0%', '0.4%', '20%', '100%']);
  });
});
