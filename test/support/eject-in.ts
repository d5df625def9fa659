import { monotonicMs } from '../../src/base/time/monotonic-clock.ts';
import { formatRealServer, formatVirtualServer } from '../../src/kernel/ipvs/model.ts';
import { noStatistics } from '../../src/kernel/ipvs/statistics-sums.ts';
import type { CountedGroup } from '../../src/outliers/counted-group.ts';
import type { OutlierBook } from '../../src/outliers/outlier-book.ts';
import type { FailingNode } from './failing-node.ts';
import { until } from './until.ts';

/** More than it takes, each with new connections that nobody answers. */
const seconds = 5;

/** A real server of the Service there is has not answered new connections for some seconds. */
export async function ejectIn({ daemon, outliers, settings }: FailingNode): Promise<void> {
  await until('real servers are watched', () => !outliers.isEmpty);
  ejectFirst(outliers);
  // Translates all Services anew, as the watch does for one.
  daemon.apply(settings);
}

/** The first real server that is watched has not answered for some seconds; answers its group and key. */
export function ejectFirst(
  outliers: OutlierBook,
): readonly [group: CountedGroup, realServer: string] {
  const [group] = outliers.groups();
  const [watched] = group?.virtualServers ?? [];
  const [realServer] = watched?.rule.candidates.values() ?? [];
  if (group === undefined || watched === undefined || realServer === undefined) {
    throw new Error('the Service of the test has no real server');
  }
  const key = formatVirtualServer(watched.id);
  for (let second = 0; second < seconds; second += 1) {
    const connections = 3 * second;
    const statistics = { ...noStatistics, connections, packetsIn: connections };
    const connectionsNow = { active: 0, inactive: connections, persistent: 0 };
    group.take(key, [{ realServer, statistics, connections: connectionsNow }]);
    outliers.judge(group, monotonicMs() + 1000 * (second + 1 - seconds));
  }
  const ejected = formatRealServer(realServer);
  if (outliers.standing(watched.rule.group, ejected)?.kind !== 'ejected') {
    throw new Error('the test has ejected no real server');
  }
  return [group, ejected];
}
