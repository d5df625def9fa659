import assert from 'node:assert/strict';
import { apiObserver } from '../../../src/cli/open-source.ts';
import { createLogger } from '../../../src/base/log.ts';
import { EarlyCounts } from '../../../src/serve/metrics/early-counts.ts';
import { Metrics } from '../../../src/serve/metrics/metrics.ts';
import { allNodes, oneNode, services } from '../../../src/source/api-server/resource.ts';
import { scraped, valueIn } from '../../support/scraped.ts';

describe('what the reflectors do, as metrics', () => {
  it('shows whether the API server is heard, of each that is followed by itself', async () => {
    const metrics = new Metrics();
    const counts = new EarlyCounts();
    counts.passOn(metrics);
    const observer = apiObserver(counts, createLogger('error', 'json'));
    const connected = async (resource: string) =>
      valueIn(await scraped(metrics), `kube_ipvs_api_connected{resource="${resource}"}`);
    observer.listed(services, 1, 1);
    observer.listed(oneNode('node-a'), 1, 1);
    observer.failed(allNodes, 'list', 'forbidden', 1);
    assert.equal(await connected('services'), 1);
    assert.equal(await connected('own node'), 1);
    assert.equal(await connected('nodes'), 0);
    observer.failed(services, 'watch', 'unreachable', 1);
    assert.equal(await connected('services'), 0);
    observer.heardAgain(services);
    assert.equal(await connected('services'), 1);
    observer.ended(allNodes);
    assert.equal(await connected('nodes'), undefined);
  });
});
