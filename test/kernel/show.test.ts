import assert from 'node:assert/strict';
import type { RealServerState, ServiceView } from '../../src/inspect/views/service-view.ts';
import type { PacketFilterChoice } from '../../src/kernel/packet-filter/choose-packet-filter.ts';
import type { ProblemView } from '../../src/inspect/views/problem-view.ts';
import { showJson } from '../support/cli.ts';
import { serviceWith } from '../support/cli-clusters.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { KernelDaemon } from '../support/kernel-daemon.ts';
import { emptyKernel, isBound, shell } from '../support/kernel-state.ts';
import { becomes } from '../support/kernel-table.ts';
import { packetFilter } from '../support/packet-filter.ts';
import { patience } from '../support/patience.ts';
import { EchoClient, EchoServer } from '../support/tcp.ts';

const vip = '10.96.0.1';
const [a, b] = ['10.244.1.1', '10.244.1.2'] as const;
/** The kernel takes no real server at the broadcast address of a link. */
const broadcast = '10.244.9.255';

/** What `show -o json` prints, as far as it is looked at here. */
interface ShownJson {
  readonly source: 'daemon' | 'kernel';
  readonly packetFilter: PacketFilterChoice | null;
  readonly services: readonly ServiceView[];
  readonly problems: readonly ProblemView[];
}

describe('show', function () {
  this.timeout(60_000 * patience);
  let folder: TestFolder;
  let daemon: KernelDaemon;
  let servers: readonly EchoServer[];
  let client: EchoClient | undefined;

  before(async () => {
    await emptyKernel();
    await shell(`
      ip link add pods0 type dummy; ip link set pods0 up
      ip addr add ${a}/32 dev pods0; ip addr add ${b}/32 dev pods0
      ip addr add 10.244.9.1/24 broadcast + dev pods0`);
    servers = await Promise.all([a, b].map((each) => EchoServer.listen(each, each, 8080)));
    folder = new TestFolder();
    folder.write('web.json', serviceWith('web', vip, [a, b]));
    folder.write('odd.json', serviceWith('odd', '10.96.0.2', [a, broadcast]));
    daemon = await KernelDaemon.start(folder.manifests, 'node-a');
    await becomes(() => isBound(vip), true);
  });
  after(async () => {
    client?.close();
    await daemon.stop();
    await Promise.all(servers.map((server) => server.close()));
    folder.delete();
    await emptyKernel();
    await shell('ip link delete pods0');
  });

  async function shown(options: Parameters<typeof showJson>[1] = {}): Promise<ShownJson> {
    const where = { manifests: folder.manifests, nodeName: 'node-a' };
    const { code, output } = await showJson(where, options);
    assert.equal(code, 0);
    return JSON.parse(output) as ShownJson;
  }

  function stateAt(
    { services }: ShownJson,
    key: string,
    address: string,
  ): RealServerState | undefined {
    const [first] = services.find((service) => service.key === key)?.virtualServers ?? [];
    return first?.realServers.find((each) => each.address === `${address}:8080`)?.state;
  }

  it('knows from the running daemon which real server the kernel refuses, why, and since when', async () => {
    const report = await shown();
    assert.equal(report.source, 'daemon');
    const state = stateAt(report, 'default/odd', broadcast);
    assert.ok(state?.kind === 'refused');
    assert.match(state.why, /EINVAL/);
    assert.ok(state.since !== null && Date.parse(state.since) <= Date.now());
    assert.deepEqual(
      report.problems.map(({ reason, service }) => [reason, service]),
      [['KernelRefused', 'default/odd']],
    );
    assert.equal(stateAt(report, 'default/odd', a)?.kind, 'active');
  });

  it('knows from the running daemon since when a real server drains', async () => {
    client = await connectedTo(b);
    const before = Date.now();
    folder.write('web.json', serviceWith('web', vip, [a]));
    await becomes(async () => stateAt(await shown(), 'default/web', b)?.kind, 'draining');
    const state = stateAt(await shown(), 'default/web', b);
    assert.ok(state?.kind === 'draining' && state.since !== null);
    assert.ok(Date.parse(state.since) >= before - 1);
    const later = stateAt(await shown(), 'default/web', b);
    assert.ok(later?.kind === 'draining' && later.since !== null);
    assert.ok(Math.abs(Date.parse(later.since) - Date.parse(state.since)) < 500);
  });

  it('knows less by itself, and says so', async () => {
    const report = await shown({ daemon: false });
    assert.equal(report.source, 'kernel');
    const state = stateAt(report, 'default/web', b);
    assert.ok(state?.kind === 'draining');
    assert.equal(state.since, null);
    assert.equal(stateAt(report, 'default/odd', broadcast)?.kind, 'missing');
  });

  it('says which packet filter is at work and why, by the daemon and by itself', async () => {
    for (const isDaemon of [true, false]) {
      const { packetFilter: shownFilter } = await shown({ daemon: isDaemon });
      assert.equal(shownFilter?.kind, packetFilter);
      assert.notEqual(shownFilter.why, '');
    }
  });

  it('shows one Service alone where that is asked for', async () => {
    for (const isDaemon of [true, false]) {
      const { services } = await shown({ daemon: isDaemon, service: 'web' });
      assert.deepEqual(
        services.map(({ key }) => key),
        ['default/web'],
      );
    }
  });

  it('calls real servers full when the kernel refuses connections for it, and no sooner', async () => {
    const limited = '10.96.0.3';
    const limit = { annotations: { 'kube-ipvs.io/max-connections': '2' } };
    folder.write('limited.json', serviceWith('limited', limited, [a], limit));
    await becomes(() => isBound(limited), true);
    const states = async (isDaemon: boolean) => {
      const { services, problems } = await shown({ daemon: isDaemon, service: 'limited' });
      const [virtualServer] = services[0]?.virtualServers ?? [];
      return [
        virtualServer?.state.kind,
        virtualServer?.realServers[0]?.state.kind,
        problems.map(({ reason }) => reason),
      ];
    };
    const open = [await EchoClient.connect(limited, 80)];
    assert.deepEqual(await states(true), ['in place', 'active', []]);
    open.push(await EchoClient.connect(limited, 80));
    await assert.rejects(EchoClient.connect(limited, 80), { code: 'ECONNREFUSED' });
    assert.deepEqual(await states(false), ['full', 'full', ['LimitReached']]);
    // The daemon looks every ten seconds which Services have the problem.
    await becomes(() => states(true), ['full', 'full', ['LimitReached']]);
    open.forEach((each) => {
      each.close();
    });
  });

  async function connectedTo(endpoint: string): Promise<EchoClient> {
    for (let tries = 0; tries < 4; tries += 1) {
      const candidate = await EchoClient.connect(vip, 80);
      if ((await candidate.echo('hello')) === `${endpoint}: hello`) {
        return candidate;
      }
      candidate.close();
    }
    throw new Error(`no connection came to ${endpoint}`);
  }
});
