import assert from 'node:assert/strict';
import { FullBook } from '../../../../src/inspect/statistics/full-book.ts';
import type { HeldVirtualServer } from '../../../../src/inspect/views/knowledge.ts';
import { plainSettings, realServer, virtualServer } from '../../../support/ipvs-examples.ts';

const key = 'TCP 10.96.0.1:80';
const first = '10.244.1.1:8080';

/** A virtual server whose real servers may have ten connections, and have so many. */
function held(connections: readonly number[], scheduler = 'rr', weight = 1): HeldVirtualServer {
  return {
    id: virtualServer('10.96.0.1'),
    settings: { ...plainSettings, scheduler, limited: true },
    realServers: connections.map((count, index) => ({
      realServer: realServer(`10.244.1.${index + 1}`, {
        upperThreshold: 10,
        lowerThreshold: 4,
        weight,
      }),
      activeConnections: Math.min(count, 3),
      inactiveConnections: count - Math.min(count, 3),
    })),
  };
}

describe('the book of full real servers', () => {
  it('has those that may have no more, and keeps each until it has few enough', () => {
    const book = new FullBook();
    const seen = [9, 10, 5, 3].map((count) => {
      book.take(held([count, 0]), 'default/web');
      return book.fullUnder(key, first) !== undefined;
    });
    assert.deepEqual(seen, [false, true, true, false]);
  });

  it('counts no kept client of session affinity, as the kernel does not', () => {
    const book = new FullBook();
    const [one] = held([9]).realServers;
    assert.ok(one);
    book.take({ ...held([]), realServers: [{ ...one, persistentConnections: 9 }] }, 'default/web');
    assert.equal(book.realServerCount, 0);
  });

  it('forgets one whose limit is raised, and none whose limit is lowered', () => {
    const book = new FullBook();
    const limited = (upperThreshold: number): HeldVirtualServer => ({
      ...held([]),
      realServers: held([10]).realServers.map((each) => ({
        ...each,
        realServer: { ...each.realServer, upperThreshold, lowerThreshold: 0 },
      })),
    });
    const seen = [10, 12, 10, 9].map((limit) => {
      book.take(limited(limit), 'default/web');
      return book.realServerCount;
    });
    assert.deepEqual(seen, [1, 0, 1, 1]);
  });

  it('tells of a virtual server that refuses, and of none where others have room', () => {
    const book = new FullBook();
    book.take(held([10, 9]), 'default/web');
    assert.deepEqual([book.realServerCount, book.refusing], [1, []]);
    book.take(held([10, 10]), 'default/web');
    assert.equal(book.realServerCount, 2);
    assert.deepEqual(book.refusing, [
      {
        key,
        service: 'default/web',
        why: 'all its 2 real servers have as many connections as they may: new ones are refused',
      },
    ]);
  });

  it('tells of one whose hash leads to a full real server', () => {
    const book = new FullBook();
    book.take(held([10, 9], 'sh'), 'default/web');
    assert.match(book.refusing[0]?.why ?? '', /^1 of its 2 real servers .* scheduler sh refuses/);
  });

  it('passes over real servers that drain', () => {
    const book = new FullBook();
    book.take(held([10], 'rr', 0), 'default/web');
    assert.deepEqual([book.realServerCount, book.refusing], [0, []]);
  });

  it('forgets virtual servers that are gone', () => {
    const book = new FullBook();
    book.take(held([10]), 'default/web');
    book.forgetExcept(new Set([key]));
    assert.equal(book.realServerCount, 1);
    book.forgetExcept(new Set());
    assert.deepEqual([book.realServerCount, book.refusing], [0, []]);
  });
});
