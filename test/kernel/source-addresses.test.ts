import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { families, inHost, nodeAddress, podAddress, type Family } from '../support/network.ts';
import { serviceObjects, servicePort, targetPort, vipOf } from '../support/network-services.ts';
import { endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { outcomeText } from '../support/traffic.ts';

const own = nodeAddress['node-a'];
/** What kube-proxy has bound before. */
const takenOver = vipOf('cluster IP', 1).IPv6;
/** Of the network of the Pods' addresses: the kernel likes the source that has most bits of the destination. */
const nearPods = 'fd00:244:f::1';
const auditEveryMs = 1000;
const limitMs = 15_000;

/**
 * A node as of Calico: the links of Pods have no address of their own. There the kernel looks for a
 * source among all the addresses of the node.
 */
describe('the source address of what a node sends', function () {
  this.timeout(120_000);
  let world: NetworkWorld;

  before(async () => {
    world = await NetworkWorld.build({
      objects: serviceObjects({
        name: 'web',
        number: 1,
        protocols: ['TCP'],
        spec: { externalIPs: [...Object.values(vipOf('external IP', 1)), nearPods] },
        endpoints: [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }],
      }),
      nodes: [],
      agents: {
        'pod-a2': endpointListeners(podAddress['pod-a2'], ['TCP']),
        'pod-b2': endpointListeners(podAddress['pod-b2'], ['TCP']),
        'node-a': [],
        outside: [],
      },
    });
    await Promise.all((['pod-a1', 'pod-a2'] as const).map(takeAddressOfPodLink));
    await inHost(
      'node-a',
      `ip link add kube-ipvs0 type dummy
       ip addr add ${takenOver}/128 dev kube-ipvs0
       ip monitor address >/tmp/addresses.log 2>&1 & echo $! >/tmp/monitor.pid`,
    );
    await world.startProgram('node-a', { ipvs: { syncPeriod: `${auditEveryMs}ms` } });
  });
  after(async () => {
    await inHost('node-a', 'kill "$(cat /tmp/monitor.pid)"');
    await world.remove();
  });

  it('takes over what kube-proxy has bound without a gap', async () => {
    assert.deepEqual(await preferred(), []);
    assert.doesNotMatch(await inHost('node-a', 'cat /tmp/addresses.log'), /Deleted/);
  });

  it('is none of the VIPs', () => nobodySeesAVip());

  it('is none of the VIPs again after somebody has made one preferred', async () => {
    await inHost('node-a', `ip addr change ${takenOver}/128 dev kube-ipvs0 preferred_lft forever`);
    const startedAt = performance.now();
    while ((await preferred()).length > 0) {
      assert.ok(performance.now() - startedAt < limitMs, (await preferred()).join('\n'));
      await delay(100);
    }
    await nobodySeesAVip();
  });

  it('is the address of a link that came after the VIPs', async () => {
    await moveNodeAddress('late0');
    await nobodySeesAVip();
  });

  it('is the address of lo, where the uplink has none', async () => {
    await moveNodeAddress('lo');
    await nobodySeesAVip();
  });

  async function nobodySeesAVip(): Promise<void> {
    const seen = new Map<string, string>();
    for (const family of families) {
      for (const [title, outcome] of await connections(family)) {
        seen.set(`${title} ${family}`, outcomeText(outcome));
      }
    }
    assert.deepEqual(
      seen,
      new Map(
        families.flatMap((family) => [
          [`node to its Pod ${family}`, `pod-a2 saw ${own[family]}`],
          [`node to a Pod of another node ${family}`, `pod-b2 saw ${own[family]}`],
          [`node to a cluster IP ${family}`, `pod-a2 saw ${own[family]}`],
          [`outside to an external IP ${family}`, `pod-a2 saw ${own[family]}`],
        ]),
      ),
    );
  }

  async function connections(family: Family) {
    const ask = (host: 'node-a' | 'outside', address: string, port: number) =>
      world.agent(host).ask({ protocol: 'TCP', address, port });
    return [
      ['node to its Pod', await ask('node-a', podAddress['pod-a2'][family], targetPort)],
      [
        'node to a Pod of another node',
        await ask('node-a', podAddress['pod-b2'][family], targetPort),
      ],
      ['node to a cluster IP', await ask('node-a', vipOf('cluster IP', 1)[family], servicePort)],
      [
        'outside to an external IP',
        await ask('outside', vipOf('external IP', 1)[family], servicePort),
      ],
    ] as const;
  }
});

/** The Pods reach the node by its link-local address, and over IPv4 as it answers for any address. */
async function takeAddressOfPodLink(pod: 'pod-a1' | 'pod-a2'): Promise<void> {
  const linkLocal = await linkLocalOf('node-a', pod);
  await inHost(
    'node-a',
    `echo 1 >/proc/sys/net/ipv4/conf/${pod}/proxy_arp
     echo 0 >/proc/sys/net/ipv4/neigh/${pod}/proxy_delay
     ip -4 addr flush dev ${pod}; ip -6 addr flush dev ${pod} scope global
     ip route replace ${podAddress[pod].IPv4}/32 dev ${pod}`,
  );
  await inHost(pod, `ip -6 route replace default via ${linkLocal} dev eth0`);
}

/** As on an uplink without an address, which learns its routes over link-local ones. */
async function moveNodeAddress(link: 'late0' | 'lo'): Promise<void> {
  const linkLocal = await linkLocalOf('node-a', 'eth0');
  const gateway = await linkLocalOf('router', 'node-a');
  await inHost(
    'node-a',
    `[ ${link} = lo ] || { ip link add ${link} type dummy; ip link set ${link} up; }
     ip addr add ${own.IPv4}/32 dev ${link}; ip addr add ${own.IPv6}/128 dev ${link} nodad
     for other in eth0 late0; do
       [ $other = ${link} ] || [ ! -e /proc/sys/net/ipv4/conf/$other ] || {
         ip -4 addr flush dev $other; ip -6 addr flush dev $other scope global; }
     done
     ip route replace 172.31.1.1 dev eth0 scope link
     ip route replace default via 172.31.1.1 dev eth0
     ip -6 route replace default via ${gateway} dev eth0
     for pod in pod-a1 pod-a2; do ip route flush dev $pod; done
     ip route replace ${podAddress['pod-a1'].IPv4}/32 dev pod-a1
     ip route replace ${podAddress['pod-a2'].IPv4}/32 dev pod-a2`,
  );
  await inHost(
    'router',
    `for range in ${own.IPv6}/128 fd00:244:1::/48 fd00:96::/32 2001:db8:203::/64; do
       ip -6 route replace $range via ${linkLocal} dev node-a
     done`,
  );
}

async function linkLocalOf(host: 'node-a' | 'router', link: string): Promise<string> {
  const text = await inHost(host, `ip -6 -o addr show dev ${link} scope link`);
  const [, address] = / inet6 (fe80:[0-9a-f:]+)\//.exec(text) ?? [];
  assert.ok(address, text);
  return address;
}

/** The IPv6 VIPs that the kernel would choose as a source. */
async function preferred(): Promise<readonly string[]> {
  const text = await inHost('node-a', 'ip -6 -o addr show dev kube-ipvs0 scope global');
  return text.split('\n').filter((line) => line !== '' && !line.includes(' deprecated '));
}
