import assert from 'node:assert/strict';
import { LimitWatch } from '../../../src/app/limit-watch.ts';
import { FullBook } from '../../../src/inspect/statistics/full-book.ts';
import {
  formatVirtualServer,
  type CountedRealServer,
  type VirtualServer,
  type VirtualServerId,
} from '../../../src/kernel/ipvs/model.ts';
import { noStatistics } from '../../../src/kernel/ipvs/statistics-sums.ts';
import { plainSettings, realServer, virtualServer } from '../../support/ipvs-examples.ts';
import { until } from '../../support/until.ts';

const web: VirtualServer = {
  id: virtualServer('10.96.0.1'),
  settings: { ...plainSettings, limited: true },
  realServers: new Map(),
};
const full: CountedRealServer = {
  realServer: realServer('10.244.1.1', { upperThreshold: 2 }),
  connections: { active: 1, inactive: 1, persistent: 0 },
  statistics: noStatistics,
};

function setUp(failures = 0) {
  let left = failures;
  const found = { limited: [] as readonly VirtualServer[] };
  const asked: string[] = [];
  const failed: string[] = [];
  const opened = { open: 0, closed: 0 };
  const book = new FullBook();
  const watch = new LimitWatch(
    book,
    { limited: () => found.limited, serviceOf: () => 'default/web' },
    {
      failed: (error) => failed.push(error.message),
      restMs: 1,
      open: () => {
        opened.open += 1;
        return Promise.resolve({
          realServers: (id: VirtualServerId) => {
            asked.push(formatVirtualServer(id));
            left -= 1;
            return left >= 0 ? Promise.reject(new Error('ENOBUFS')) : Promise.resolve([full]);
          },
          close: () => {
            opened.closed += 1;
          },
        });
      },
    },
  );
  return { book, watch, found, asked, failed, opened };
}

describe('the watch for full real servers', () => {
  it('asks the kernel nothing while no virtual server has limits', async () => {
    const { watch, opened } = setUp();
    watch.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await watch.stop();
    assert.deepEqual(opened, { open: 0, closed: 0 });
  });

  it('looks at those that have, again and again, and forgets them once they have none', async () => {
    const { book, watch, found, asked, opened } = setUp();
    found.limited = [web];
    watch.start();
    await until('they were looked at twice', () => asked.length >= 2);
    assert.equal(book.refusing[0]?.key, 'TCP 10.96.0.1:80');
    found.limited = [];
    await until('none is full', () => book.realServerCount === 0);
    await watch.stop();
    assert.deepEqual(opened, { open: 1, closed: 1 });
  });

  it('tells of a look that fails, and asks again over another socket', async () => {
    const { book, watch, found, failed, opened } = setUp(1);
    found.limited = [web];
    watch.start();
    await until('one is full', () => book.realServerCount === 1);
    await watch.stop();
    assert.deepEqual(failed, ['ENOBUFS']);
    assert.equal(opened.open, 2);
  });
});
