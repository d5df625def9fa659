import assert from 'node:assert/strict';
import { bounds } from '../../../hack/bench/bounds.ts';
import { flatten, judge, ratios, type Bound, type Figure } from '../../../hack/bench/figure.ts';

const atMost: Bound = { sense: 'at most', limit: 3, status: 'required' };
const atLeast: Bound = { sense: 'at least', limit: 3, status: 'required' };

function figure(samples: readonly number[], bound: Bound): Figure {
  return { name: 'a figure', unit: 'times', samples, bound };
}

describe('a bound of the benchmark', () => {
  it('at most is held at exactly its limit and missed above', () => {
    assert.equal(judge(figure([3], atMost), 'full'), 'held');
    assert.equal(judge(figure([3.001], atMost), 'full'), 'missed');
  });

  it('at least is held at exactly its limit and missed below', () => {
    assert.equal(judge(figure([3], atLeast), 'full'), 'held');
    assert.equal(judge(figure([2.999], atLeast), 'full'), 'missed');
  });

  it('is held against the median alone', () => {
    assert.equal(judge(figure([1, 2, 3, 100, 1000], atMost), 'full'), 'held');
  });

  it('on a count is held where every run shows exactly that', () => {
    const exactly: Bound = { sense: 'exactly', limit: 1, status: 'required' };
    assert.equal(judge(figure([1, 1, 1], exactly), 'full'), 'held');
    assert.equal(judge(figure([1, 1, 2], exactly), 'full'), 'missed');
    assert.equal(judge(figure([1, 0, 1], exactly), 'full'), 'missed');
  });

  it('is missed where the clock stood still', () => {
    assert.equal(judge(figure(ratios([0], [0]), atMost), 'full'), 'missed');
    assert.equal(judge(figure(ratios([0], [0]), atLeast), 'full'), 'missed');
  });

  it('that is a goal is not yet reached, and fails nothing', () => {
    assert.equal(judge(figure([4], { ...atMost, status: 'goal' }), 'full'), 'not yet');
  });

  it('judges a small table by its wide limit alone, goal or not', () => {
    const wide: Bound = { ...atMost, status: 'goal', quickLimit: 50 };
    assert.equal(judge(figure([50], wide), 'quick'), 'held');
    assert.equal(judge(figure([51], wide), 'quick'), 'missed');
    assert.equal(judge(figure([1000], atMost), 'quick'), 'not judged');
  });

  it('of a small version is missed only where every run misses it', () => {
    const wide: Bound = { ...atMost, quickLimit: 50 };
    assert.equal(judge(figure([1000, 49], wide), 'quick'), 'held');
    assert.equal(judge(figure([1000, 51], wide), 'quick'), 'missed');
  });

  it('that does not exist gives no verdict', () => {
    assert.equal(judge({ name: 'free', unit: 'ms', samples: [1] }, 'full'), undefined);
  });

  it('refuses to judge what was not measured', () => {
    assert.throws(() => judge(figure([], atMost), 'full'), RangeError);
  });
});

describe('the bounds of the benchmark', () => {
  it('are wider for small tables than for large ones', () => {
    for (const [name, bound] of Object.entries<Bound>(bounds)) {
      const { sense, limit, quickLimit = limit } = bound;
      assert.ok(sense === 'at least' ? quickLimit <= limit : quickLimit >= limit, name);
    }
  });
});

describe('a ratio of the benchmark', () => {
  it('is taken run by run', () => {
    assert.deepEqual(ratios([10, 20], [5, 40]), [2, 0.5]);
  });
});

describe('a figure of the benchmark', () => {
  it('comes before what is below it', () => {
    const leaf = { name: 'leaf', unit: 'ms', samples: [1] } as const;
    const tree = { ...leaf, name: 'root', below: [{ ...leaf, name: 'branch', below: [leaf] }] };
    assert.deepEqual(
      flatten([tree, leaf]).map(({ figure: { name }, depth }) => `${name} ${depth}`),
      ['root 0', 'branch 1', 'leaf 2', 'leaf 0'],
    );
  });
});
