import assert from 'node:assert/strict';
import { EarlyCounts } from '../../../../src/serve/metrics/early-counts.ts';
import { scraped } from '../../../support/scraped.ts';
import { Metrics } from '../../../../src/serve/metrics/metrics.ts';

const name = 'kube_ipvs_api_requests_total';

async function counted(metrics: Metrics): Promise<readonly string[]> {
  return (await scraped(metrics)).split('\n').filter((line) => line.startsWith(name));
}

describe('what is to be counted before there are metrics', () => {
  it('is counted once there are, as what comes later', async () => {
    const counts = new EarlyCounts();
    const count = (): void => {
      counts.note((metrics) => {
        metrics.api.event('nodes', 'list');
      });
    };
    count();
    count();
    const metrics = new Metrics();
    counts.passOn(metrics);
    assert.deepEqual(await counted(metrics), [`${name}{resource="nodes",event="list"} 2`]);
    count();
    assert.deepEqual(await counted(metrics), [`${name}{resource="nodes",event="list"} 3`]);
  });
});
