import assert from 'node:assert/strict';
import { AddressClient } from '../../src/kernel/vip-link/client.ts';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import { IpAddress } from '../../src/net/ip-address.ts';
import { TestCluster } from '../support/kernel-cluster.ts';
import { KernelProgram } from '../support/kernel-program.ts';
import { emptyKernel, shell, shownKernel } from '../support/kernel-state.ts';
import { becomes } from '../support/kernel-table.ts';

const nodePort = 30080;

describe('when the addresses of the node change', () => {
  let cluster: TestCluster;
  let program: KernelProgram;

  before(async () => {
    await emptyKernel();
    await shell(`
      ip link add eth0 type dummy; ip link set eth0 addrgenmode none up
      ip addr add 192.0.2.10/24 dev eth0
      ip addr add 2001:db8::10/64 dev eth0 nodad
      ip link add eth1 type dummy; ip link set eth1 addrgenmode none
      ip addr add 198.18.0.5/24 dev eth1`);
    cluster = new TestCluster();
    cluster.putService('web', {
      clusterIP: '10.96.0.1',
      spec: {
        type: 'NodePort',
        ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort }],
        clusterIPs: ['10.96.0.1', 'fd00:96::1'],
      },
    });
    cluster.putEndpoints('web', ['10.244.1.1']);
    program = await KernelProgram.start(cluster.store);
    await becomes(nodePorts, ['192.0.2.10', '[2001:db8::10]']);
  });
  // Each test leaves the addresses as it has found them.
  afterEach(() => {
    assert.deepEqual(program.errors, []);
  });
  after(async () => {
    await program.stop();
    await emptyKernel();
    await shell('ip link delete eth0; ip link delete eth1');
  });

  /** The addresses with a virtual server at the node port. */
  async function nodePorts(): Promise<readonly string[]> {
    const suffix = `:${nodePort}`;
    const { virtualServers } = await shownKernel();
    return virtualServers
      .filter(({ address }) => address.endsWith(suffix))
      .map(({ address }) => address.slice(0, -suffix.length));
  }

  it('node ports answer at a new one, and no longer at one that is gone', async () => {
    await shell('ip addr add 192.0.2.11/24 dev eth0; ip addr add 2001:db8::11/64 dev eth0 nodad');
    await becomes(nodePorts, ['192.0.2.10', '192.0.2.11', '[2001:db8::10]', '[2001:db8::11]']);
    const [first, second] = (await shownKernel()).virtualServers.filter(({ address }) =>
      address.startsWith('192.0.2.'),
    );
    assert.deepEqual(second?.realServers, first?.realServers);
    await shell('ip addr del 192.0.2.11/24 dev eth0; ip addr del 2001:db8::11/64 dev eth0');
    await becomes(nodePorts, ['192.0.2.10', '[2001:db8::10]']);
  });

  it('node ports answer at those of a link from when it is up until it is down', async () => {
    await shell('ip link set eth1 up');
    await becomes(nodePorts, ['192.0.2.10', '198.18.0.5', '[2001:db8::10]']);
    await shell('ip link set eth1 down');
    await becomes(nodePorts, ['192.0.2.10', '[2001:db8::10]']);
  });

  it('node ports are gone with a link, and are back with it', async () => {
    await shell(
      'ip link add eth2 type dummy; ip addr add 198.18.2.5/24 dev eth2; ip link set eth2 up',
    );
    await becomes(nodePorts, ['192.0.2.10', '198.18.2.5', '[2001:db8::10]']);
    await shell('ip link delete eth2');
    await becomes(nodePorts, ['192.0.2.10', '[2001:db8::10]']);
  });

  it('it takes milliseconds', async () => {
    const addresses = new AddressClient();
    const ipvs = await IpvsClient.connect();
    const link = (await addresses.links()).find(({ name }) => name === 'eth0');
    assert.ok(link);
    const times: number[] = [];
    for (let last = 101; last <= 110; last += 1) {
      const address = IpAddress.parse(`192.0.2.${last}`);
      assert.ok(address);
      const id = { kind: 'address', protocol: 'TCP', address, port: nodePort } as const;
      const startedAt = performance.now();
      assert.deepEqual(await addresses.execute(link.index, [{ kind: 'bind', address }]), [
        undefined,
      ]);
      await becomes(async () => (await ipvs.realServers(id)).length, 1);
      times.push(performance.now() - startedAt);
      await addresses.execute(link.index, [{ kind: 'unbind', address }]);
    }
    addresses.close();
    ipvs.close();
    const median = times.toSorted((a, b) => a - b)[5] ?? NaN;
    const slowest = Math.max(...times);
    console.log(
      `      from the address to its node port: median ${median.toFixed(0)} ms, slowest ${slowest.toFixed(0)} ms`,
    );
    assert.ok(median < 1000);
  });

  it('the VIPs on kube-ipvs0 do not count', async () => {
    await becomes(
      async () => (await shownKernel()).boundAddresses,
      ['10.96.0.1/32', 'fd00:96::1/128'],
    );
    const toldBefore = program.nodeAddresses.length;
    await shell('ip link set kube-ipvs0 up; ip addr add 203.0.113.7/32 dev kube-ipvs0');
    await shell('ip addr add 192.0.2.12/24 dev eth0');
    await becomes(nodePorts, ['192.0.2.10', '192.0.2.12', '[2001:db8::10]']);
    await shell('ip addr del 192.0.2.12/24 dev eth0');
    await becomes(nodePorts, ['192.0.2.10', '[2001:db8::10]']);
    await shell(`
      ip addr del 203.0.113.7/32 dev kube-ipvs0
      ip -6 addr flush dev kube-ipvs0 scope link`);
    assert.deepEqual(
      program.nodeAddresses.slice(toldBefore).map((addresses) => addresses.map(String).toSorted()),
      [
        ['192.0.2.10', '192.0.2.12', '2001:db8::10'],
        ['192.0.2.10', '2001:db8::10'],
      ],
    );
  });

  it('loopback and link-local ones do not count', async () => {
    await shell(`
      ip addr add 127.0.0.9/8 dev eth0; ip addr add 169.254.9.9/16 dev eth0
      ip addr add fe80::9/64 dev eth0 nodad; ip addr add 192.0.2.13/24 dev eth0`);
    await becomes(nodePorts, ['192.0.2.10', '192.0.2.13', '[2001:db8::10]']);
    await shell(`
      ip addr del 127.0.0.9/8 dev eth0; ip addr del 169.254.9.9/16 dev eth0
      ip addr del fe80::9/64 dev eth0; ip addr del 192.0.2.13/24 dev eth0`);
    await becomes(nodePorts, ['192.0.2.10', '[2001:db8::10]']);
  });

  it('a load-balancer IP is bound, except while the node has it elsewhere', async () => {
    const bound = async () => (await shownKernel()).boundAddresses;
    const served = async () => (await shownKernel()).virtualServers.map(({ address }) => address);
    cluster.putService('lb', { clusterIP: '10.96.0.2', ingress: ['192.0.2.10', '203.0.113.1'] });
    await becomes(bound, ['10.96.0.1/32', '10.96.0.2/32', '203.0.113.1/32', 'fd00:96::1/128']);
    assert.ok((await served()).includes('192.0.2.10:80'));

    await shell('ip addr add 203.0.113.1/32 dev eth0');
    await becomes(bound, ['10.96.0.1/32', '10.96.0.2/32', 'fd00:96::1/128']);
    assert.ok((await served()).includes('203.0.113.1:80'));
    assert.match(await shell('ip -o addr show dev eth0'), / 203\.0\.113\.1\/32 /);

    await shell('ip addr del 203.0.113.1/32 dev eth0');
    await becomes(bound, ['10.96.0.1/32', '10.96.0.2/32', '203.0.113.1/32', 'fd00:96::1/128']);
    cluster.removeService('lb');
    await becomes(bound, ['10.96.0.1/32', 'fd00:96::1/128']);
  });

  it('those that come while this program is away are there after its start', async () => {
    await program.stop();
    await shell('ip addr add 192.0.2.14/24 dev eth0');
    program = await KernelProgram.start(cluster.store);
    await becomes(nodePorts, ['192.0.2.10', '192.0.2.14', '[2001:db8::10]']);
    await shell('ip addr del 192.0.2.14/24 dev eth0');
    await becomes(nodePorts, ['192.0.2.10', '[2001:db8::10]']);
  });
});
