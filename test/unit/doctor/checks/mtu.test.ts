import assert from 'node:assert/strict';
import { mtu } from '../../../../src/doctor/checks/mtu.ts';
import type { NodeReaders } from '../../../../src/doctor/readers.ts';
import {
  address,
  filesWith,
  findingsOf,
  kindsFound,
  link,
  network,
} from '../../../support/doctor-readers.ts';

const sizes = (tunnel: number, pods: number, kind = 'vxlan'): Partial<NodeReaders> => ({
  ...network(
    [link(2, 'eth0'), link(3, 'flannel.1', kind), link(4, 'cni0', 'bridge')],
    [address(2, '192.0.2.10'), address(3, '10.244.1.0', 32), address(4, '10.244.1.1')],
  ),
  ...filesWith({
    '/sys/class/net/eth0/mtu': '1500\n',
    '/sys/class/net/flannel.1/mtu': `${tunnel}\n`,
    '/sys/class/net/cni0/mtu': `${pods}\n`,
  }),
});

describe('doctor: mtu', () => {
  it('is content with a tunnel that fits, and with no tunnel', async () => {
    assert.deepEqual(await kindsFound(mtu, sizes(1450, 1450)), ['ok']);
    assert.deepEqual(await kindsFound(mtu, sizes(1480, 1480, 'ipip')), ['ok']);
    assert.deepEqual(await kindsFound(mtu), ['ok']);
  });

  it('warns of a tunnel whose packets do not fit the network below', async () => {
    const [finding] = await findingsOf(mtu, sizes(1480, 1450));
    assert.equal(finding?.kind, 'tunnel-too-large');
    assert.equal(finding.command, 'ip link set dev flannel.1 mtu 1450');
  });

  it('notes links of Pods that take more than the tunnel', async () => {
    assert.deepEqual(await kindsFound(mtu, sizes(1450, 1500)), ['pod-link-too-large']);
  });

  it('passes a tunnel over that has no address, as some plugins route past its size', async () => {
    const without = {
      ...sizes(1500, 1500),
      addresses: () => Promise.resolve([address(2, '192.0.2.10')]),
    };
    assert.deepEqual(await kindsFound(mtu, without), ['ok']);
  });
});
