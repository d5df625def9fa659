import assert from 'node:assert/strict';
import { cleanUp, runOnce } from '../support/cli.ts';
import { serviceWith } from '../support/cli-clusters.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { TestCluster } from '../support/kernel-cluster.ts';
import { defaultOptions, KernelProgram } from '../support/kernel-program.ts';
import {
  emptyKernel,
  kernelBecomes,
  kernelText,
  shell,
  shownKernel,
} from '../support/kernel-state.ts';
import { ipvsadm, type ShownVirtualServer } from '../support/ipvsadm.ts';
import { openTestKernel } from '../support/open-kernel.ts';
import { FollowedStore } from '../support/running-program.ts';

const addForeignVirtualServers = `
  ipvsadm -A -t 10.9.9.9:80 -s wlc
  ipvsadm -a -t 10.9.9.9:80 -r 10.9.8.1:80 -g -w 7
  ipvsadm -A -f 7 -s rr -p 60
  ipvsadm -a -f 7 -r 10.9.8.2 -i`;
const addForeignLink = `
  ip link add kube-ipvs0 type dummy
  ip addr add 10.9.9.9/32 dev kube-ipvs0
  ip addr add 10.9.9.10/32 dev kube-ipvs0 metric 5
  ip addr add fd09::9/128 dev kube-ipvs0`;
const otherLink = `
  ip link add eth0 type dummy; ip link set eth0 addrgenmode none up
  ip addr add 192.0.2.10/24 dev eth0
  ip addr add 10.96.0.77/32 dev eth0`;

const web = serviceWith('web', '10.96.0.1', ['10.244.1.1', '10.244.1.2']);
const oursOfWeb: ShownVirtualServer = {
  protocol: 'TCP',
  address: '10.96.0.1:80',
  scheduler: 'rr',
  realServers: [
    { address: '10.244.1.1:8080', method: 'masq', weight: 1 },
    { address: '10.244.1.2:8080', method: 'masq', weight: 1 },
  ],
};

describe('what others have put into the kernel', () => {
  let folder: TestFolder;
  let where: { readonly manifests: string; readonly nodeName: string };

  beforeEach(async () => {
    folder = new TestFolder();
    folder.write('web.json', web);
    where = { manifests: folder.manifests, nodeName: 'node-a' };
    await shell(otherLink);
  });
  afterEach(async () => {
    folder.delete();
    await emptyKernel();
    await shell('ip link delete eth0');
  });

  it('comes through run --once and cleanup exactly as it was', () =>
    comesThrough(`${addForeignVirtualServers}${addForeignLink}`, async () => {
      assert.equal((await runOnce(where)).code, 0);
    }));

  describe('comes through a sync and cleanup exactly as it was', () => {
    it('with foreign virtual servers, by address and by firewall mark', () =>
      comesThrough(addForeignVirtualServers, () => syncedOnce(clusterWithWeb())));

    it('and a foreign address that came to our own kube-ipvs0 keeps the link alive', async () => {
      await syncedOnce(clusterWithWeb());
      await shell('ip addr add 10.9.9.9/32 dev kube-ipvs0');
      await cleanedUp();
      assert.deepEqual(await shownKernel(), {
        virtualServers: [],
        boundAddresses: ['10.9.9.9/32'],
      });
    });
  });

  it('is left alone by cleanup --dry-run, which names only our own', async () => {
    await shell(`${addForeignVirtualServers}${addForeignLink}`);
    await runOnce(where);
    const before = await kernelText();
    const { code, output } = await cleanUp({ dryRun: true });
    assert.equal(code, 0);
    const isOfFilter = (line: string) => /^would delete (table|chains|sets) /.test(line);
    const lines = output.trim().split('\n');
    assert.deepEqual(
      lines.filter((line) => !isOfFilter(line)),
      ['would unbind address 10.96.0.1/32', 'would delete virtual server TCP 10.96.0.1:80'],
    );
    assert.match(
      lines.filter(isOfFilter).join('; '),
      /delete table inet kube-ipvs$|chains KIPVS-\* of iptables-\w+; .*sets .*kube-ipvs-vip-4/,
    );
    assert.equal(await kernelText(), before);
  });

  it('comes through audits, changes, and the end of a Service', async () => {
    await shell(`${addForeignVirtualServers}${addForeignLink}`);
    const before = await shownKernel();
    const cluster = clusterWithWeb();
    const program = await KernelProgram.start(cluster.store);
    try {
      const withWeb = {
        virtualServers: [...before.virtualServers, oursOfWeb],
        boundAddresses: ['10.9.9.10/32', '10.9.9.9/32', '10.96.0.1/32', 'fd09::9/128'],
      };
      await kernelBecomes(withWeb, 30_000);
      // Drift that an audit repairs shows that one has run.
      await ipvsadm('-D', '-t', '10.96.0.1:80');
      program.requestAudit();
      await kernelBecomes(withWeb);
      cluster.removeService('web');
      await kernelBecomes(before);
    } finally {
      await program.stop();
    }
    assert.deepEqual(program.errors, []);
    assert.deepEqual(await shownKernel(), before);
  });

  describe('is taken over in place where a Service claims it', () => {
    it('a virtual server: settings and real servers become those of the Service', async () => {
      await shell(`
        ipvsadm -A -t 10.96.0.1:80 -s wlc -p 300
        ipvsadm -a -t 10.96.0.1:80 -r 10.244.1.1:8080 -m -w 9
        ipvsadm -a -t 10.96.0.1:80 -r 10.9.8.1:80 -m`);
      const { code, log } = await runOnce(where);
      assert.equal(code, 0);
      assert.deepEqual(await shownKernel(), {
        virtualServers: [oursOfWeb],
        boundAddresses: ['10.96.0.1/32'],
      });
      // Two set entries, settings, a weight, a real server to add, one to drain and delete, an address.
      assert.equal(log.lines.at(-1)?.['applied'], 8);
    });

    it('an address on kube-ipvs0', async () => {
      await shell('ip link add kube-ipvs0 type dummy; ip addr add 10.96.0.1/32 dev kube-ipvs0');
      await syncedOnce(clusterWithWeb());
      assert.deepEqual((await shownKernel()).boundAddresses, ['10.96.0.1/32']);
    });

    it('and from then on goes with it', async () => {
      await shell(`
        ipvsadm -A -t 10.96.0.1:80 -s wlc
        ip link add kube-ipvs0 type dummy; ip addr add 10.96.0.1/32 dev kube-ipvs0`);
      const cluster = clusterWithWeb();
      await syncedOnce(cluster);
      cluster.removeService('web');
      await syncedOnce(cluster);
      assert.deepEqual(await shownKernel(), { virtualServers: [], boundAddresses: [] });
      assert.match(await shell('ip link show kube-ipvs0'), /kube-ipvs0/);
    });
  });
});

function clusterWithWeb(): TestCluster {
  const cluster = new TestCluster();
  cluster.putService('web', { clusterIP: '10.96.0.1' });
  cluster.putEndpoints('web', ['10.244.1.1', '10.244.1.2']);
  return cluster;
}

async function comesThrough(prepare: string, sync: () => Promise<void>): Promise<void> {
  await shell(prepare);
  const before = await kernelText();
  await sync();
  const during = await kernelText();
  assert.notEqual(during, before);
  assertHoldsLinesOf(during, before);
  await cleanedUp();
  assert.equal(await kernelText(), before);
}

async function cleanedUp(): Promise<void> {
  const { code, log } = await cleanUp({ dryRun: false });
  assert.equal(code, 0, log.messages('error').join('\n'));
}

/** What `run --once` does, by a kernel that is opened for it. */
async function syncedOnce({ store }: TestCluster): Promise<void> {
  const kernel = await openTestKernel((message) => assert.fail(message));
  const { desired, reconciler } = kernel;
  const { translator, mistakes } = new FollowedStore(store, desired, defaultOptions);
  translator.everythingChanged();
  translator.translate();
  reconciler.allowRemovals();
  const { failures } = await reconciler.audit();
  kernel.close();
  assert.deepEqual([...failures, ...mistakes], []);
}

/** Every line of `before` is in `after` (links that came later go behind). */
function assertHoldsLinesOf(after: string, before: string): void {
  const lines = new Set(after.split('\n'));
  assert.deepEqual(
    before.split('\n').filter((line) => !lines.has(line)),
    [],
  );
}
