import { CounterBook } from '../../src/inspect/statistics/counter-book.ts';
import { formatVirtualServer } from '../../src/kernel/ipvs/model.ts';
import { Metrics } from '../../src/serve/metrics/metrics.ts';
import { realServer, virtualServer } from './ipvs-examples.ts';

/** Metrics that have something in each family, and some more at each call of `goOn`. */
export async function richMetrics(): Promise<Metrics & { goOn: () => Promise<void> }> {
  const metrics = new Metrics();
  const book = new CounterBook((key) => `default/web-${key.slice(-2)}`, { tallies: 26 });
  let reading = 0;
  const goOn = async (): Promise<void> => {
    reading += 1;
    const visitor = book.begin(reading * 1000);
    for (let index = 0; index < 15; index += 1) {
      const count = reading * (index + 1);
      const key = formatVirtualServer(virtualServer('10.96.0.1', 8000 + index));
      const statistics = {
        connections: count,
        packetsIn: 10 * count,
        packetsOut: 9 * count,
        bytesIn: 1000 * count,
        bytesOut: 90_000 * count,
      };
      const connections = { active: index, inactive: 2 * index, persistent: 0 };
      visitor.virtualServer(key, statistics);
      visitor.connections(key, connections);
      visitor.realServer(key, { realServer: realServer('10.244.1.1'), connections, statistics });
    }
    await book.end();
    changeEach(metrics, reading);
  };
  metrics.serveCounters(book);
  watchAll(metrics);
  await goOn();
  await goOn();
  return Object.assign(metrics, { goOn });
}

function watchAll(metrics: Metrics): void {
  metrics.health.watch({ ready: true, alive: true, failingParts: ['the kernel'] });
  metrics.changes.watch({ pending: () => 1 });
  metrics.problems.watch({
    problems: new Map([['AddressConflict', 2]]),
    withoutLocalEndpoints: { internal: 0, external: 1 },
  });
  metrics.kernel.watch({
    kinds: ['virtual server', 'bound address'],
    failingKinds: ['bound address'],
    foundations: [
      ['masquerade IPv4', 'waiting'],
      ['masquerade IPv6', 'in place'],
    ],
    packetFilter: 'nftables',
    draining: 1,
    foreignVirtualServers: 1,
  });
  metrics.outliers.watch({ ejectedCount: 1 });
  metrics.limits.watch({ realServerCount: 2, refusing: ['TCP 10.96.0.1:80'] });
  metrics.conntrack.watch({ usage: () => ({ entries: 10, limit: 100 }) });
}

function changeEach(metrics: Metrics, step: number): void {
  const drifted = [{ kind: 'bound address', key: '10.96.0.1' }];
  metrics.rounds.ended('audit', { applied: 3, drifted }, 20);
  metrics.rounds.ended('changes', { applied: 3, drifted: [] }, 2);
  metrics.rounds.synced();
  metrics.changes.arrived('Service');
  metrics.changes.arrived('EndpointSlice');
  metrics.changes.programmed(step, 900);
  metrics.health.answered('/healthz', 200);
  metrics.health.answered('/livez', 200);
  metrics.health.bindFailed('health');
  metrics.health.configurationRefused(false);
  metrics.kernel.failed('virtual server', 'ENOENT');
  metrics.problems.refused('AddressConflict');
  metrics.problems.mistaken();
  metrics.api.event('services', 'watch restart');
  metrics.api.event('services', 'failed: unreachable');
  metrics.api.connected('services', step % 2 === 0);
  metrics.api.answered('10.0.0.1:6443', 'GET', 200);
  metrics.conntrack.searched(1, 5);
  metrics.counters.read(100);
  metrics.outliers.ejected('refused');
}
