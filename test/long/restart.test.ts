import assert from 'node:assert/strict';
import { KubeIpvs, runOnce } from '../support/cli.ts';
import { largeCluster, largeClusterLater, serviceWith } from '../support/cli-clusters.ts';
import { TestFolder } from '../support/cli-folder.ts';
import {
  connectionsCounted,
  emptyKernel,
  shell,
  shownKernel,
  statisticsOf,
  type ShownKernel,
} from '../support/kernel-state.ts';
import { EchoClient, EchoServer } from '../support/tcp.ts';

const size = { services: 300, endpoints: 5 };
const echoAddress = '10.96.0.1';
const echoVirtualServer = `${echoAddress}:80`;

/** The Service of the connection that has to live; its endpoint is this node itself. */
const echo = (annotations: Record<string, string> = {}) =>
  serviceWith('echo', echoAddress, ['192.0.2.10'], { port: 8080, annotations });

describe('a run that is killed with SIGKILL', () => {
  let folder: TestFolder;
  let server: EchoServer;
  let client: EchoClient;
  let first: ShownKernel;
  let later: ShownKernel;
  let once: () => Promise<void>;
  let process: KubeIpvs | undefined;
  let start: (killAfterBatches: number) => KubeIpvs;

  before(async () => {
    await shell(
      'ip link add eth0 type dummy; ip link set eth0 up; ip addr add 192.0.2.10/24 dev eth0',
    );
    folder = new TestFolder();
    const where = { manifests: folder.manifests, nodeName: 'node-a' };
    once = async () => {
      const { code, log } = await runOnce(where);
      assert.equal(code, 0, log.messages('error').join('\n'));
    };
    start = (killAfterBatches) =>
      new KubeIpvs(['run', '--manifests', folder.manifests, '--node-name', 'node-a'], {
        killAfterBatches,
      });
    folder.write('echo.json', echo());
    first = await fromScratch(folder, largeCluster(size), once);
    later = await fromScratch(folder, largeClusterLater(size), once);
    folder.write('cluster.json', []);
    await once();
    server = await EchoServer.listen('backend', '192.0.2.10', 8080);
    client = await EchoClient.connect(echoAddress, 80);
    await connectionsCounted(echoVirtualServer, 1);
  });
  afterEach(() => process?.end('SIGKILL'));
  after(async () => {
    client.close();
    await server.close();
    folder.delete();
    await emptyKernel();
    await shell('ip link delete eth0');
  });

  // 1,800 changes to virtual servers and 300 addresses, then the last batch that a kill can follow.
  const ofFirstSync = anyOf(1, 9);
  it(`after ${ofFirstSync} batches of its first sync leaves what the next start can finish`, async () => {
    folder.write('cluster.json', largeCluster(size));
    process = start(ofFirstSync);
    await assertKilled(process);
    assert.notDeepEqual(await shownKernel(), first, 'the kernel is half-way');
    await once();
    assert.deepEqual(await shownKernel(), first);
    assert.equal(await client.echo('still here'), 'backend: still here');
  });

  // The first two hold set entries, which the tables that are compared do not show.
  const ofChange = anyOf(3, 8);
  it(`after ${ofChange} batches of a change leaves what the next start can finish`, async () => {
    folder.write('cluster.json', largeCluster(size));
    await once();
    process = start(ofChange);
    await process.logged('kernel synced');
    folder.write('cluster.json', largeClusterLater(size));
    await assertKilled(process);
    const halfWay = await shownKernel();
    assert.notDeepEqual(halfWay, first);
    assert.notDeepEqual(halfWay, later);
    await once();
    assert.deepEqual(await shownKernel(), later);
    assert.equal(await client.echo('still here'), 'backend: still here');
  });

  it('costs no connection, and does not reset the counters of its virtual server', async () => {
    const { connections, packetsIn } = await statisticsOf(echoVirtualServer);
    assert.equal(connections, 1);
    // Two of the handshake and one of the first echo at least; the second echo is two at the most.
    assert.ok(packetsIn >= 3, `${packetsIn} packets`);
  });

  it('nor does a change of scheduler, which happens in place', async () => {
    folder.write('echo.json', echo({ 'kube-ipvs.io/scheduler': 'wlc' }));
    await once();
    const shown = (await shownKernel()).virtualServers.find(
      ({ address }) => address === echoVirtualServer,
    );
    assert.equal(shown?.scheduler, 'wlc');
    assert.equal(await client.echo('and now'), 'backend: and now');
    assert.equal((await statisticsOf(echoVirtualServer)).connections, 1);
  });

  it('and new connections find the virtual server', async () => {
    const second = await EchoClient.connect(echoAddress, 80);
    assert.equal(await second.echo('me too'), 'backend: me too');
    second.close();
  });
});

/** The kernel's whole state when nothing was there before. */
async function fromScratch(
  folder: TestFolder,
  cluster: readonly unknown[],
  once: () => Promise<void>,
): Promise<ShownKernel> {
  await emptyKernel();
  folder.write('cluster.json', cluster);
  await once();
  return shownKernel();
}

async function assertKilled(process: KubeIpvs): Promise<void> {
  const { code, signal, stderr } = await process.ended;
  assert.deepEqual({ code, signal }, { code: null, signal: 'SIGKILL' }, stderr);
}

/** Another one in each run: each costs ten seconds and more, and over time all are tried. */
function anyOf(least: number, most: number): number {
  return least + Math.floor(Math.random() * (most - least + 1));
}
