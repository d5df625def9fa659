import assert from 'node:assert/strict';
import { DrainTimes } from '../../../../src/kernel/ipvs/drain-times.ts';
import { formatRealServer } from '../../../../src/kernel/ipvs/model.ts';
import { realServer } from '../../../support/ipvs-examples.ts';
import { frontEnd } from '../../../support/rows.ts';

const [web, dns, pod, other] = ['TCP 10.96.0.1:80', 'TCP 10.96.0.2:53', 'pod', 'other'];

describe('the time of draining', () => {
  it('is 0 where nothing drains', () => {
    const times = new DrainTimes();
    assert.equal(times.elapsedMs(web, pod, 1000), 0);
    assert.deepEqual(times.virtualServers(), []);
  });

  it('runs from the first start on', () => {
    const times = new DrainTimes();
    times.start(web, pod, 1000);
    times.start(web, pod, 5000);
    assert.equal(times.elapsedMs(web, pod, 6000), 5000);
    assert.deepEqual(times.virtualServers(), [web]);
  });

  it('runs for each real server of each virtual server by itself', () => {
    const times = new DrainTimes();
    times.start(web, pod, 1000);
    times.start(web, other, 2000);
    times.start(dns, pod, 3000);
    assert.equal(times.elapsedMs(web, pod, 4000), 3000);
    assert.equal(times.elapsedMs(web, other, 4000), 2000);
    assert.equal(times.elapsedMs(dns, pod, 4000), 1000);
    assert.deepEqual(times.virtualServers(), [web, dns]);
    assert.equal(times.count, 3);
  });

  it('is counted by virtual servers, without those whose real servers rest', () => {
    const times = new DrainTimes();
    times.start(web, pod, 1000);
    times.start(web, other, 1000);
    times.replace(dns, [pod], 1000, () => true);
    assert.deepEqual(
      [times.virtualServers(), times.virtualServerCount, times.count],
      [[web, dns], 1, 2],
    );
  });

  it('ends, and starts anew', () => {
    const times = new DrainTimes();
    times.start(web, pod, 1000);
    times.start(web, other, 1000);
    times.end(web, pod);
    assert.equal(times.elapsedMs(web, pod, 2000), 0);
    assert.deepEqual(times.virtualServers(), [web]);
    times.end(web, other);
    times.end(web, 'never heard of');
    assert.deepEqual(times.virtualServers(), []);
    times.start(web, pod, 5000);
    assert.equal(times.elapsedMs(web, pod, 6000), 1000);
  });

  it('ends for all real servers of a virtual server that is gone', () => {
    const times = new DrainTimes();
    times.start(web, pod, 1000);
    times.start(dns, pod, 1000);
    times.forget(web);
    assert.equal(times.elapsedMs(web, pod, 2000), 0);
    assert.deepEqual(times.virtualServers(), [dns]);
  });

  it('starts for one of weight 0 that comes with its virtual server', () => {
    const times = new DrainTimes();
    const rows = [realServer('10.244.1.1', { weight: 0 }), realServer('10.244.1.2')];
    const { virtualServer } = frontEnd({
      realServers: new Map(rows.map((row) => [formatRealServer(row), row])),
    });
    times.follow({ kind: 'add virtual server', ...virtualServer }, () => 1000);
    assert.equal(times.elapsedMs(web, '10.244.1.1:8080', 3000), 2000);
    assert.equal(times.elapsedMs(web, '10.244.1.2:8080', 3000), 0);
  });

  it('follows what the kernel shows: some go on, some begin, some have ended', () => {
    const times = new DrainTimes();
    times.start(web, pod, 1000);
    times.start(web, other, 1000);
    times.replace(web, [pod, 'new'], 3000);
    assert.equal(times.elapsedMs(web, pod, 4000), 3000);
    assert.equal(times.elapsedMs(web, 'new', 4000), 1000);
    assert.equal(times.elapsedMs(web, other, 4000), 0);
    times.replace(web, [], 4000);
    assert.deepEqual(times.virtualServers(), []);
  });
});
