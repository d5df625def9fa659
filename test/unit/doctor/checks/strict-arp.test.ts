import assert from 'node:assert/strict';
import { strictArp } from '../../../../src/doctor/checks/strict-arp.ts';
import type { NodeReaders } from '../../../../src/doctor/readers.ts';
import {
  address,
  clusterWith,
  findingsOf,
  kindsFound,
  link,
  network,
  processesNamed,
  sysctlsWith,
  vip,
} from '../../../support/doctor-readers.ts';

const loadBalancerIP = '203.0.113.7';
const node: Partial<NodeReaders> = {
  ...network(
    [link(2, 'eth0'), link(5, 'kube-ipvs0', 'dummy')],
    [address(2, '192.0.2.10'), address(5, loadBalancerIP, 32)],
  ),
  ...clusterWith({ vips: [vip(loadBalancerIP, 'load-balancer IP')] }),
};
const arp = (all: string, eth0: string) =>
  sysctlsWith({ 'net/ipv4/conf/all/arp_ignore': all, 'net/ipv4/conf/eth0/arp_ignore': eth0 });

describe('doctor: strict-arp', () => {
  it('is content where links answer for their own addresses alone', async () => {
    assert.deepEqual(await kindsFound(strictArp, { ...node, ...arp('1', '0') }), ['ok']);
    assert.deepEqual(await kindsFound(strictArp, { ...node, ...arp('0', '1') }), ['ok']);
  });

  it('is content without load-balancer IPs', async () => {
    assert.deepEqual(await kindsFound(strictArp, arp('0', '0')), ['ok']);
  });

  it('notes load-balancer IPs that are bound here', async () => {
    assert.deepEqual(await kindsFound(strictArp, { ...node, ...arp('0', '0') }), [
      'load-balancer-ips',
    ]);
  });

  it('warns where a program announces them here', async () => {
    for (const name of ['speaker', 'kube-vip', 'keepalived', 'openelb-speaker']) {
      const [finding] = await findingsOf(strictArp, {
        ...node,
        ...arp('0', '0'),
        ...processesNamed([name]),
      });
      assert.equal(finding?.kind, 'announcer', name);
    }
  });

  it('says that it cannot see announcers from a container', async () => {
    const hidden = { ...node, ...arp('0', '0'), ...processesNamed(['node'], false) };
    assert.deepEqual(await kindsFound(strictArp, hidden), [
      'load-balancer-ips',
      'processes-hidden',
    ]);
  });
});
