import assert from 'node:assert/strict';
import { RateBook } from '../../../src/inspect/rate-book.ts';
import type { Statistics } from '../../../src/kernel/ipvs/model.ts';

const counted = (connections: number): Statistics => ({
  connections,
  packetsIn: 2 * connections,
  packetsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
});
const rates = (book: RateBook) => book.virtualServer('web')?.perSecond;

describe('rates', () => {
  it('are not known from one reading', () => {
    const book = new RateBook();
    book.note('web', counted(10), [['pod', counted(4)]], 0);
    assert.deepEqual(book.virtualServer('web'), { totals: counted(10), perSecond: undefined });
    assert.equal(book.virtualServer('api'), undefined);
  });

  it('are what was counted since, by the second, of real servers too', () => {
    const book = new RateBook();
    book.note('web', counted(10), [['pod', counted(4)]], 0);
    book.note('web', counted(30), [['pod', counted(8)]], 4000);
    assert.deepEqual(rates(book), counted(5));
    assert.deepEqual(book.realServer('web', 'pod')?.perSecond, counted(1));
    assert.equal(book.realServer('web', 'new'), undefined);
  });

  it('are taken over no less than the kernel needs to count', () => {
    const book = new RateBook();
    for (const [connections, atMs] of [
      [0, 0],
      [0, 1000],
      [8, 2000],
      [8, 3000],
    ] as const) {
      book.note('web', counted(connections), [], atMs);
    }
    assert.equal(rates(book)?.connections, 4);
  });

  it('are not known again after a long time in which nobody looked', () => {
    const book = new RateBook();
    book.note('web', counted(0), [], 0);
    book.note('web', counted(1000), [], 60_000);
    assert.equal(rates(book), undefined);
  });

  it('are 0 where the counters were set to zero', () => {
    const book = new RateBook();
    book.note('web', counted(1000), [], 0);
    book.note('web', counted(0), [], 2000);
    assert.equal(rates(book)?.connections, 0);
  });

  it('are kept of those alone that were read last', () => {
    const book = new RateBook();
    book.note('web', counted(1), [], 0);
    for (let index = 0; index < 2000; index += 1) {
      book.note(`other ${index}`, counted(1), [], 0);
    }
    assert.equal(book.virtualServer('web'), undefined);
    assert.notEqual(book.virtualServer('other 1999'), undefined);
  });
});
