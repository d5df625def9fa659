import assert from 'node:assert/strict';
import { serviceWith } from '../support/cli-clusters.ts';
import { until } from '../support/until.ts';
import { becomes, weights } from '../support/kernel-table.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { KernelDaemon } from '../support/kernel-daemon.ts';
import {
  emptyKernel,
  kernelBecomes,
  shell,
  shownKernel,
  type ShownKernel,
} from '../support/kernel-state.ts';

/** Mistakes made by hand, one line of a shell each. */
const drift = {
  'a virtual server that was deleted': 'ipvsadm -D -t 10.96.0.1:80',
  'a real server that was deleted': 'ipvsadm -d -t 10.96.0.1:80 -r 10.244.1.1:8080',
  'a real server that was added': 'ipvsadm -a -t 10.96.0.1:80 -r 10.244.9.9:8080 -m',
  'a weight that was changed': 'ipvsadm -e -t 10.96.0.1:80 -r 10.244.1.1:8080 -m -w 0',
  'a forwarding method that was changed': 'ipvsadm -e -t 10.96.0.2:80 -r 10.244.1.3:80 -g -w 1',
  'a scheduler that was changed, and with it our mark lost':
    'ipvsadm -E -t 10.96.0.1:80 -s sh -p 60',
  'an address that was deleted': 'ip addr del 10.96.0.1/32 dev kube-ipvs0',
  'everything, flushed': 'ipvsadm -C; ip addr flush dev kube-ipvs0',
};

describe('the audit repairs what somebody changed by hand', () => {
  let folder: TestFolder;
  let daemon: KernelDaemon;
  let expected: ShownKernel;

  const repairs = () =>
    daemon.log.filter(({ msg }) => msg === 'repaired what others had changed in the kernel');

  before(async () => {
    folder = new TestFolder();
    folder.write('cluster.json', [
      ...serviceWith('web', '10.96.0.1', ['10.244.1.1', '10.244.1.2']),
      ...serviceWith('shop', '10.96.0.2', ['10.244.1.3'], { port: 80 }),
      ...serviceWith('api', 'fd00:96::3', ['10.244.1.4']),
    ]);
    daemon = await KernelDaemon.start(folder.manifests, 'node-a', {
      ipvs: { syncPeriod: '300ms' },
    });
    expected = await shownKernel();
  });
  after(async () => {
    await daemon.stop();
    folder.delete();
    await emptyKernel();
  });

  it('which is right to begin with', () => {
    assert.deepEqual(
      expected.virtualServers.map(({ address, realServers }) => [address, realServers.length]),
      [
        ['10.96.0.1:80', 2],
        ['10.96.0.2:80', 1],
        ['[fd00:96::3]:80', 0],
      ],
    );
    assert.deepEqual(expected.boundAddresses, ['10.96.0.1/32', '10.96.0.2/32', 'fd00:96::3/128']);
  });

  for (const [what, line] of Object.entries(drift)) {
    it(what, async () => {
      const repairsBefore = repairs().length;
      await shell(line);
      await until('a repair is logged', () => repairs().length > repairsBefore);
      await kernelBecomes(expected);
    });
  }

  it('and complains about none of it', () => {
    assert.deepEqual(
      daemon.log.filter(({ level }) => level === 'error'),
      [],
    );
  });

  it('is told at info, and changes of the cluster are not', async () => {
    const shown = () => daemon.log.filter(({ level }) => level !== 'debug').map(({ msg }) => msg);
    const before = shown().length;
    const endpoints = (last: number) => ['10.244.1.1', `10.244.7.${last}`];
    for (let change = 1; change <= 30; change += 1) {
      folder.write('churn.json', serviceWith('churn', '10.96.0.7', endpoints(change)));
      const isThere = async () =>
        Object.hasOwn(await weights('10.96.0.7:80'), `10.244.7.${change}`);
      await becomes(isThere, true);
    }
    assert.ok(daemon.log.filter(({ msg }) => msg === 'kernel synced').length >= 30);
    assert.deepEqual(shown().slice(before), []);
    folder.remove('churn.json');
    await kernelBecomes(expected);
    assert.match(JSON.stringify(repairs()[0]), /"objects":1,"first":\["virtual server TCP/);
  });

  it('the link kube-ipvs0, deleted with all its addresses', async () => {
    await shell('ip link delete kube-ipvs0');
    await kernelBecomes(expected);
    assert.match(await shell('ip link show dev kube-ipvs0'), /alias made by kube-ipvs/);
  });
});
