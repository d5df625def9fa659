import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { scraped } from '../../support/scraped.ts';
import { dashboardQueries } from '../../support/monitoring.ts';
import { fetchLimitMs, prometheusFolder } from '../../support/prometheus.ts';
import { PrometheusServer } from '../../support/prometheus-server.ts';
import { richMetrics } from '../../support/rich-metrics.ts';
import { until } from '../../support/until.ts';

/** As Grafana fills in its variables, for a scrape each second. */
function filledIn(query: string): string {
  return query.replaceAll('$__rate_interval', '5s').replaceAll('$instance', '.*');
}

describe('the queries of the dashboard, over what is scraped', () => {
  let target: Server;
  let prometheus: PrometheusServer | undefined;

  before(async function () {
    this.timeout(fetchLimitMs);
    const folder = prometheusFolder();
    if (folder === undefined) {
      this.skip();
    }
    const metrics = await richMetrics();
    target = createServer((_request, response) => {
      void metrics
        .goOn()
        .then(() => scraped(metrics))
        .then((text) => response.end(text));
    }).listen(0, '127.0.0.1');
    await once(target, 'listening');
    // A listening TCP server has such an address.
    const { port } = target.address() as AddressInfo;
    const started = await PrometheusServer.start(folder, `127.0.0.1:${port}`);
    prometheus = started;
    const rate = 'rate(kube_ipvs_arrival_to_kernel_seconds_count[5s]) > 0';
    await until('it has scraped twice', async () => (await started.query(rate)).length > 0, 30_000);
  });

  after(async () => {
    await prometheus?.stop();
    target.closeAllConnections();
    target.close();
  });

  for (const [title, query] of dashboardQueries()) {
    it(`bring something: ${title}`, async () => {
      const result = (await prometheus?.query(filledIn(query))) ?? [];
      assert.ok(result.length > 0, query);
    });
  }

  it('have no more than ten series where they say so', async () => {
    const top = dashboardQueries().filter(([title]) => title.includes('top 10'));
    assert.equal(top.length, 4);
    for (const [title, query] of top) {
      assert.equal((await prometheus?.query(filledIn(query)))?.length, 10, title);
    }
  });
});
