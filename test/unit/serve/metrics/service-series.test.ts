import assert from 'node:assert/strict';
import { CounterBook } from '../../../../src/inspect/statistics/counter-book.ts';
import { Metrics } from '../../../../src/serve/metrics/metrics.ts';
import { serviceSeries } from '../../../../src/serve/metrics/service-series.ts';
import { realServer } from '../../../support/ipvs-examples.ts';
import { scraped, valueIn } from '../../../support/scraped.ts';

const big = 2 ** 33;
const statistics = { connections: 1, packetsIn: 2, packetsOut: 3, bytesIn: big, bytesOut: 5 };

/** A book of so many Services with what each has counted. */
async function bookOf(services: number, tallies = 100_000): Promise<CounterBook> {
  const book = new CounterBook((key) => `default/${key}`, { tallies });
  book.begin(0);
  await book.end();
  const visitor = book.begin(1000);
  for (let index = 0; index < services; index += 1) {
    visitor.virtualServer(`s${index}`, statistics);
    visitor.connections(`s${index}`, { active: 6, inactive: 7 });
  }
  return book;
}

async function textOf(book: CounterBook): Promise<string> {
  const metrics = new Metrics();
  metrics.serveCounters(book);
  return scraped(metrics);
}

describe('the series of Services', () => {
  it('hold what was counted, over 64 bits, and the connections of now', async () => {
    const book = await bookOf(1);
    await book.end();
    const text = await textOf(book);
    const labels = '{namespace="default",service="s0"}';
    for (const [name, value] of [
      ['connections_total', 1],
      ['incoming_packets_total', 2],
      ['outgoing_packets_total', 3],
      ['incoming_bytes_total', big],
      ['outgoing_bytes_total', 5],
      ['active_connections', 6],
      ['inactive_connections', 7],
    ] as const) {
      assert.equal(valueIn(text, `kube_ipvs_service_${name}${labels}`), value, name);
      const type = name.endsWith('_total') ? 'counter' : 'gauge';
      assert.ok(text.includes(`# TYPE kube_ipvs_service_${name} ${type}\n`), name);
    }
    assert.equal(valueIn(text, 'kube_ipvs_virtual_servers'), 1);
  });

  it('are those of all others together where there is no room', async () => {
    const book = await bookOf(3, 1);
    await book.end();
    const text = await textOf(book);
    const others = 'kube_ipvs_service_connections_total{namespace="",service="(other)"}';
    assert.equal(valueIn(text, others), 2);
    assert.equal(valueIn(text, 'kube_ipvs_services_without_series'), 2);
  });

  it('have those of real servers beside them, where these were read', async () => {
    const book = await bookOf(1);
    const visitor = book.begin(2000);
    visitor.virtualServer('s0', statistics);
    visitor.realServer('s0', {
      realServer: realServer('fd00::7'),
      connections: { active: 8, inactive: 9, persistent: 0 },
      statistics,
    });
    await book.end();
    const text = await textOf(book);
    const labels = '{namespace="default",service="s0",real_server="[fd00::7]:8080"}';
    assert.equal(valueIn(text, `kube_ipvs_real_server_incoming_bytes_total${labels}`), big);
    assert.equal(valueIn(text, `kube_ipvs_real_server_active_connections${labels}`), 8);
  });

  it('let the event loop have its turn between their parts', async () => {
    const book = await bookOf(5000);
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 0);
    const parts: string[] = [];
    for await (const part of serviceSeries(book)) {
      parts.push(part);
    }
    clearInterval(counting);
    assert.ok(turns > 0);
    // To send a part takes many times what it takes to put it together.
    assert.ok(parts.every(({ length }) => length < 20_000));
    const lines = parts.join('').split('\n');
    assert.equal(lines.filter((line) => line.startsWith('kube_ipvs_service_')).length, 35_000);
    assert.equal(new Set(lines).size, lines.length);
  });

  it('cannot be broken by what an object is named', async () => {
    const book = new CounterBook(() => 'a"b/c\\d\ne', { tallies: 1 });
    book.begin(0).virtualServer('key', statistics);
    await book.end();
    const text = await textOf(book);
    assert.ok(text.includes('{namespace="a\\"b",service="c\\\\d\\ne"} 0\n'));
  });
});
