import assert from 'node:assert/strict';
import { sharedAddresses } from '../../../../src/doctor/checks/shared-addresses.ts';
import {
  address,
  clusterWith,
  findingsOf,
  kindsFound,
  link,
  network,
  vip,
} from '../../../support/doctor-readers.ts';

/** eth0 has 192.0.2.10. */
const bound = (...texts: string[]) =>
  network(
    [link(2, 'eth0'), link(5, 'kube-ipvs0', 'dummy')],
    [address(2, '192.0.2.10'), ...texts.map((text) => address(5, text, 32))],
  );

describe('doctor: shared-addresses', () => {
  it('is content with VIPs that nobody else has', async () => {
    assert.deepEqual(await kindsFound(sharedAddresses, bound('10.96.0.10')), ['ok']);
  });

  it('minds an address of another host that is bound here', async () => {
    const [finding] = await findingsOf(sharedAddresses, {
      ...bound('192.0.2.11'),
      ...clusterWith({
        otherHostAt: ({ text }) => (text === '192.0.2.11' ? 'Node node-b' : undefined),
      }),
    });
    assert.equal(finding?.kind, 'other-host-bound');
    assert.match(finding.seen, /Node node-b/);
    assert.equal(finding.command, 'ip address del 192.0.2.11/32 dev kube-ipvs0');
  });

  it('minds a cluster IP that the node has, and notes an external one', async () => {
    const own = (kind: 'cluster IP' | 'external IP' | 'load-balancer IP') =>
      kindsFound(sharedAddresses, clusterWith({ vips: [vip('192.0.2.10', kind)] }));
    assert.deepEqual(await own('cluster IP'), ['cluster-ip-of-node']);
    assert.deepEqual(await own('external IP'), ['vip-of-node']);
    assert.deepEqual(await own('load-balancer IP'), ['vip-of-node']);
  });

  it('warns of an address on both links', async () => {
    assert.deepEqual(await kindsFound(sharedAddresses, bound('192.0.2.10')), ['on-two-links']);
  });
});
