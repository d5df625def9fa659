import assert from 'node:assert/strict';
import { IpvsClient } from '../../../../src/kernel/ipvs/client.ts';
import { listedFrom } from '../../../../src/kernel/ipvs/listed-real-servers.ts';
import { formatRealServer } from '../../../../src/kernel/ipvs/model.ts';
import {
  readStatistics,
  type StatisticsReader,
  type StatisticsVisitor,
} from '../../../../src/kernel/ipvs/read-statistics.ts';
import type { visitProcTable } from '../../../../src/kernel/ipvs/read-table.ts';
import { FakeKernel } from '../../../support/fake-kernel/fake-kernel.ts';
import { plainSettings, realServer, virtualServer } from '../../../support/ipvs-examples.ts';

const listed = 'TCP 10.96.0.1:80';
const unlisted = 'TCP [fd00::1]:80';

/** What was visited, in order: `10.96.0.1 3`. */
class Recorder implements StatisticsVisitor {
  readonly virtualServers: string[] = [];
  readonly sums: string[] = [];
  readonly realServers: string[] = [];

  virtualServer(key: string, { connections }: { connections: number }): void {
    this.virtualServers.push(`${key} ${connections}`);
  }

  connections(key: string, { active, inactive }: { active: number; inactive: number }): void {
    this.sums.push(`${key} ${active}+${inactive}`);
  }

  realServer(key: string, row: Parameters<StatisticsVisitor['realServer']>[1]): void {
    this.realServers.push(`${key} ${formatRealServer(row.realServer)} ${row.connections.active}`);
  }
}

describe('a reading of the counters', () => {
  let kernel: FakeKernel;
  let client: IpvsClient;
  let recorder: Recorder;

  /** /proc with one of the two virtual servers, as where another network namespace has some. */
  const proc: typeof visitProcTable = (visit) => {
    const row = {
      realServer: realServer('10.244.1.1'),
      activeConnections: 3,
      inactiveConnections: 4,
    };
    visit(listedFrom(listed, [row, row]));
    return Promise.resolve();
  };

  beforeEach(async () => {
    kernel = new FakeKernel();
    client = await IpvsClient.connect({}, kernel.open('generic'));
    recorder = new Recorder();
    for (const [address, server] of [
      ['10.96.0.1', '10.244.1.1'],
      ['fd00::1', 'fd00:10::1'],
    ] as const) {
      const id = virtualServer(address);
      await client.execute([
        { kind: 'add virtual server', id, settings: plainSettings },
        { kind: 'add real server', id, realServer: realServer(server) },
      ]);
    }
    kernel.ipvs.setConnections(unlisted, '[fd00:10::1]:8080', 5, 6);
  });

  afterEach(() => {
    client.close();
  });

  it('asks for the real servers of those alone that /proc has left out', async () => {
    kernel.questions.length = 0;
    await readStatistics(client, 'sums alone', recorder, undefined, proc);
    assert.deepEqual(recorder.virtualServers.toSorted(), [`${listed} 0`, `${unlisted} 0`]);
    assert.deepEqual(recorder.sums, [`${listed} 6+8`, `${unlisted} 5+6`]);
    assert.deepEqual(recorder.realServers, []);
    assert.equal(
      kernel.questions.filter((question) => question.includes('real servers')).length,
      1,
    );
  });

  it('shows each real server where that is asked for', async () => {
    await readStatistics(client, 'each real server', recorder, undefined, proc);
    assert.deepEqual(recorder.realServers.toSorted(), [
      `${listed} 10.244.1.1:8080 0`,
      `${unlisted} [fd00:10::1]:8080 5`,
    ]);
    assert.deepEqual(recorder.sums.toSorted(), [`${listed} 0+0`, `${unlisted} 5+6`]);
  });

  it('goes on where a virtual server goes meanwhile', async () => {
    const reader: StatisticsReader = {
      eachVirtualServerCounts: async (...args) => {
        await client.eachVirtualServerCounts(...args);
        kernel.ipvs.virtualServers.delete(unlisted);
      },
      realServers: (id) => client.realServers(id),
    };
    await readStatistics(reader, 'each real server', recorder, undefined, proc);
    assert.deepEqual(recorder.realServers, [`${listed} 10.244.1.1:8080 0`]);
  });
});
