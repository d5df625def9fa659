import assert from 'node:assert/strict';
import { MarkBook } from '../../../src/desired/mark-book.ts';
import { ip } from '../../support/cluster-objects.ts';

const hourMs = 60 * 60 * 1000;
const at = (address: string, first: number, last: number) => [
  { address: ip(address), ports: [{ protocol: 'UDP' as const, first, last }] },
];
const calls = at('203.0.113.1', 10_000, 20_000);
const others = at('203.0.113.2', 10, 20);

function book(mask = 0x107f) {
  let nowMs = 0;
  const marks = new MarkBook(mask, () => nowMs);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { marks, pass };
}

describe('the marks of port ranges', () => {
  it('are another one for each Service and traffic, and the same as long as it has port ranges', () => {
    const { marks } = book();
    assert.equal(marks.markOf('default/a', 'internal', calls), 1);
    assert.equal(marks.markOf('default/a', 'external', calls), 2);
    assert.equal(marks.markOf('default/b', 'internal', others), 3);
    assert.equal(marks.markOf('default/a', 'internal', others), 1);
  });

  it('are not given again for four hours after their Service has gone', () => {
    const { marks, pass } = book(0x3);
    for (const name of ['a', 'b', 'c']) {
      marks.markOf(`default/${name}`, 'internal', calls);
    }
    assert.equal(marks.markOf('default/d', 'internal', calls), undefined);
    marks.keep('default/b', new Set());
    marks.keep('default/a');
    pass(4 * hourMs - 1);
    assert.equal(marks.markOf('default/d', 'internal', calls), undefined);
    pass(1);
    // The one that has rested longest.
    assert.equal(marks.markOf('default/d', 'internal', calls), 2);
    assert.equal(marks.markOf('default/e', 'internal', calls), 1);
  });

  it('of one traffic go when the Service needs that no longer', () => {
    const { marks, pass } = book(0x3);
    marks.markOf('default/a', 'internal', calls);
    marks.markOf('default/a', 'external', calls);
    marks.keep('default/a', new Set(['internal'] as const));
    assert.equal(marks.markOf('default/a', 'internal', calls), 1);
    pass(4 * hourMs);
    assert.equal(marks.markOf('default/b', 'internal', others), 3);
    assert.equal(marks.markOf('default/c', 'internal', others), 2);
  });

  it('are those from before a restart for who has the same ports again, and rest for others', () => {
    const { marks, pass } = book(0x7);
    marks.remember([
      {
        address: ip('203.0.113.1'),
        ranges: [{ protocol: 'UDP', first: 10_000, last: 20_000, mark: 2 }],
      },
      { address: ip('203.0.113.9'), ranges: [{ protocol: 'TCP', first: 1, last: 2, mark: 1 }] },
    ]);
    assert.equal(marks.markOf('default/new', 'internal', others), 3);
    assert.equal(marks.markOf('default/calls', 'internal', at('203.0.113.1', 15_000, 30_000)), 2);
    // Somebody else has taken it meanwhile.
    assert.equal(marks.markOf('default/late', 'internal', calls), 4);
    pass(4 * hourMs);
    marks.keep('default/none');
    for (const expected of [5, 6, 7, 1]) {
      assert.equal(marks.markOf(`default/${expected}`, 'internal', others), expected);
    }
  });

  it('from before a restart do not count where the mask has changed', () => {
    const { marks } = book(0x70);
    marks.remember([
      {
        address: ip('203.0.113.1'),
        ranges: [{ protocol: 'UDP', first: 10_000, last: 20_000, mark: 2 }],
      },
    ]);
    assert.equal(marks.markOf('default/calls', 'internal', calls), 0x10);
  });
});
