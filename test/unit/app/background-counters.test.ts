import assert from 'node:assert/strict';
import { BackgroundCounters, type CountersClient } from '../../../src/app/background-counters.ts';
import { CounterBook } from '../../../src/inspect/statistics/counter-book.ts';
import { virtualServer } from '../../support/ipvs-examples.ts';
import { noStatistics } from '../../../src/kernel/ipvs/statistics-sums.ts';
import { until } from '../../support/until.ts';

/** A reading whose client fails as often as is asked for, and what it told. */
function setUp(failures: readonly ('open' | 'read')[] = []) {
  const left = [...failures];
  const told: string[] = [];
  const opened = { open: 0, closed: 0 };
  const open = (): Promise<CountersClient> => {
    if (left[0] === 'open') {
      left.shift();
      return Promise.reject(new Error('no IPVS'));
    }
    opened.open += 1;
    return Promise.resolve({
      eachVirtualServerCounts: (
        begin: Parameters<CountersClient['eachVirtualServerCounts']>[0],
      ) => {
        if (left[0] === 'read') {
          left.shift();
          return Promise.reject(new Error('ENOBUFS'));
        }
        begin()({ id: virtualServer('10.96.0.1'), statistics: noStatistics });
        return Promise.resolve();
      },
      realServers: () => Promise.resolve([]),
      close: () => {
        opened.closed += 1;
      },
    });
  };
  const book = new CounterBook(() => 'default/web', { tallies: 10 });
  const options = { detail: 'each real server', restMs: 1, open } as const;
  const counters = new BackgroundCounters(book, options, {
    read: () => told.push('read'),
    failed: (error) => told.push(error.message),
  });
  return { counters, book, told, opened };
}

describe('the counters in the background', () => {
  it('are read again and again, over one client, until the end', async () => {
    const { counters, book, told, opened } = setUp();
    counters.start();
    await until('they were read twice', () => told.length >= 2);
    assert.equal(book.virtualServerCount, 1);
    await counters.stop();
    const count = told.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(told.length, count);
    assert.deepEqual(opened, { open: 1, closed: 1 });
  });

  it('are read again after a failure, over another client', async () => {
    const { counters, told, opened } = setUp(['open', 'read']);
    counters.start();
    await until('they were read', () => told.includes('read'));
    await counters.stop();
    assert.deepEqual(told.slice(0, 3), ['no IPVS', 'ENOBUFS', 'read']);
    assert.equal(opened.open, 2);
    assert.equal(opened.closed, 2);
  });

  it('leave no client open where the end comes while it is opened', async () => {
    const { counters, told, opened } = setUp();
    counters.start();
    await counters.stop();
    assert.deepEqual(told, []);
    assert.deepEqual(opened, { open: 1, closed: 1 });
  });
});
