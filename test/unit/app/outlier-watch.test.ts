import assert from 'node:assert/strict';
import { OutlierWatch, type OutlierClient } from '../../../src/app/outlier-watch.ts';
import {
  formatRealServer,
  formatVirtualServer,
  type CountedRealServer,
  type RealServer,
} from '../../../src/kernel/ipvs/model.ts';
import { OutlierBook } from '../../../src/outliers/outlier-book.ts';
import type { WatchedVirtualServer } from '../../../src/outliers/ejection-rule.ts';
import { ip } from '../../support/cluster-objects.ts';
import { until } from '../../support/until.ts';

const realServer: RealServer = {
  address: ip('10.244.1.1'),
  port: 8080,
  method: 'masq',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
};
const candidates = new Map([[formatRealServer(realServer), realServer]]);

function watched(address: string): WatchedVirtualServer {
  return {
    id: { kind: 'address', protocol: 'TCP', address: ip(address), port: 80 },
    rule: { group: 'default/web:80 TCP IPv4', candidates, resetAfterMs: undefined },
  };
}

function setUp(failures = 0) {
  let left = failures;
  const asked: string[] = [];
  const told: string[] = [];
  const opened = { open: 0, closed: 0 };
  const open = (): Promise<OutlierClient> => {
    opened.open += 1;
    return Promise.resolve({
      realServers: (id: Parameters<OutlierClient['realServers']>[0]) => {
        asked.push(formatVirtualServer(id));
        left -= 1;
        return left >= 0
          ? Promise.reject(new Error('ENOBUFS'))
          : Promise.resolve<CountedRealServer[]>([]);
      },
      close: () => {
        opened.closed += 1;
      },
    });
  };
  const book = new OutlierBook();
  const reads = { count: 0 };
  const listener = {
    changed: (service: string) => told.push(`changed ${service}`),
    ejected: () => told.push('ejected'),
    failed: (error: Error) => told.push(error.message),
    succeeded: () => {
      reads.count += 1;
    },
  };
  return {
    book,
    watch: new OutlierWatch(book, listener, { everyMs: 1, open }),
    asked,
    told,
    opened,
    reads,
  };
}

describe('the watch for real servers that fail', () => {
  it('asks the kernel nothing while no Service asks for it', async () => {
    const { watch, opened } = setUp();
    watch.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await watch.stop();
    assert.deepEqual(opened, { open: 0, closed: 0 });
  });

  it('asks for the real servers of those alone that are watched, again and again, until the end', async () => {
    const { book, watch, asked, opened } = setUp();
    book.watch('default/web', [watched('10.96.0.1'), watched('10.96.0.2')]);
    watch.start();
    await until('they were read twice', () => asked.length >= 4);
    book.watch('default/web', [watched('10.96.0.2')]);
    asked.length = 0;
    await until('they were read again', () => asked.length >= 6);
    assert.deepEqual([...new Set(asked.slice(2))], ['TCP 10.96.0.2:80']);
    await watch.stop();
    const count = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(asked.length, count);
    assert.equal(opened.open, 1);
    assert.equal(opened.closed, 1);
  });

  it('goes on after a failure, over another client', async () => {
    const { book, watch, asked, told, opened, reads } = setUp(1);
    book.watch('default/web', [watched('10.96.0.1')]);
    watch.start();
    await until('they were read', () => asked.length >= 3);
    await watch.stop();
    assert.deepEqual(told, ['ENOBUFS']);
    assert.ok(reads.count >= 1 && reads.count < asked.length, `${reads.count} of ${asked.length}`);
    assert.equal(opened.open, 2);
  });
});
