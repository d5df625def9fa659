import { runCommand } from './run-command.ts';

/**
 * A cluster of two nodes as network namespaces of one kernel:
 *
 *   pod-a1 pod-a2        pod-b1 pod-b2
 *        \   /                \   /
 *       node-a ---- router ---- node-b
 *                     |
 *                  outside
 *
 * Each Pod stands behind a link of its own, as with Calico or the ptp plugin. The router leads
 * VIPs that come from outside to node-a.
 */
export type NodeName = 'node-a' | 'node-b';
export type PodName = 'pod-a1' | 'pod-a2' | 'pod-b1' | 'pod-b2';
export type HostName = NodeName | PodName | 'router' | 'outside';
export type Family = 'IPv4' | 'IPv6';
export const families: readonly Family[] = ['IPv4', 'IPv6'];

export type Addresses = Readonly<Record<Family, string>>;

export const nodeAddress: Readonly<Record<NodeName, Addresses>> = {
  'node-a': { IPv4: '172.31.1.10', IPv6: 'fd00:31:1::10' },
  'node-b': { IPv4: '172.31.2.10', IPv6: 'fd00:31:2::10' },
};
/** The node's address towards its Pods. */
export const gatewayAddress: Readonly<Record<NodeName, Addresses>> = {
  'node-a': { IPv4: '10.244.1.1', IPv6: 'fd00:244:1::1' },
  'node-b': { IPv4: '10.244.2.1', IPv6: 'fd00:244:2::1' },
};
export const podAddress: Readonly<Record<PodName, Addresses>> = {
  'pod-a1': { IPv4: '10.244.1.11', IPv6: 'fd00:244:1::11' },
  'pod-a2': { IPv4: '10.244.1.12', IPv6: 'fd00:244:1::12' },
  'pod-b1': { IPv4: '10.244.2.11', IPv6: 'fd00:244:2::11' },
  'pod-b2': { IPv4: '10.244.2.12', IPv6: 'fd00:244:2::12' },
};
export const outsideAddress: Addresses = { IPv4: '198.51.100.5', IPv6: '2001:db8:5::5' };
export const clusterCidr = '10.244.0.0/16,fd00:244::/32';
/** Whatever the router takes for a VIP. */
const vipRanges = ['10.96.0.0/12', '203.0.113.0/24', 'fd00:96::/32', '2001:db8:203::/64'];

export const nodeOf: Readonly<Record<PodName, NodeName>> = {
  'pod-a1': 'node-a',
  'pod-a2': 'node-a',
  'pod-b1': 'node-b',
  'pod-b2': 'node-b',
};
export const podNames = Object.keys(nodeOf) as PodName[]; // its keys are these, and no others
const hosts: readonly HostName[] = ['router', 'outside', 'node-a', 'node-b', ...podNames];

/** Builds it all; what was left of an earlier one goes. */
export async function buildNetwork(): Promise<void> {
  requireTestKernel();
  await removeNetwork();
  await shell([
    allowManyConnections,
    ipBatch(hosts.map((name) => `netns add ${name}`)),
    ...hosts.map((name) => `ip netns exec ${name} sh -ec '${hostSettings}'`),
    ipBatch(links()),
    ...hosts.map((name) => ipBatch(['link set lo up', ...configuration(name)], name)),
  ]);
}

export async function removeNetwork(): Promise<void> {
  const present = (await runCommand('ip', 'netns', 'list'))
    .split('\n')
    .map((line) => line.split(' ')[0]);
  const left = hosts.filter((name) => present.includes(name));
  if (left.length > 0) {
    await shell([ipBatch(left.map((name) => `netns delete ${name}`))]);
  }
}

/**
 * The most connections are a setting of the whole kernel, which no other network namespace than the
 * first can change: more than the program asks for (conntrack.maxPerCore), so that it has nothing to set.
 */
const allowManyConnections = `
  modprobe nf_conntrack 2>/dev/null || true
  echo 1048576 2>/dev/null >/proc/sys/net/netfilter/nf_conntrack_max || true`;

/** Runs a line of a shell in a network namespace; what it printed. Rejects where it fails. */
export function inHost(host: HostName, line: string): Promise<string> {
  return runCommand('ip', 'netns', 'exec', host, 'sh', '-ec', line);
}

/** These tests change the kernel that they run in. */
export function requireTestKernel(): void {
  if (process.env['KUBE_IPVS_IN_TEST_KERNEL'] === undefined) {
    throw new Error('this test changes the kernel: run it with hack/in-test-kernel');
  }
}

/**
 * No wait for duplicate addresses; forwarding, which Pods do no harm with; and every refusal is
 * told, though there are many in a short time.
 */
const hostSettings = `
  echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit
  echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad; echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
  echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; echo 1 >/proc/sys/net/ipv4/ip_forward`;

/** The router's end of a link has the name of the host at the other end. */
function links(): string[] {
  const toRouter = (['node-a', 'node-b', 'outside'] as const).map((host) => ['router', host]);
  const toPods = podNames.map((pod) => [nodeOf[pod], pod]);
  return [...toRouter, ...toPods].map(
    ([from = '', to = '']) => `link add ${to} netns ${from} type veth peer name eth0 netns ${to}`,
  );
}

function configuration(host: HostName): string[] {
  switch (host) {
    case 'router':
      return routerConfiguration();
    case 'outside':
      return [...uplink({ IPv4: `${outsideAddress.IPv4}/24`, IPv6: `${outsideAddress.IPv6}/64` })];
    case 'node-a':
    case 'node-b':
      return nodeConfiguration(host);
    default:
      return podConfiguration(host);
  }
}

const routerAddress = {
  'node-a': { IPv4: '172.31.1.1', IPv6: 'fd00:31:1::1' },
  'node-b': { IPv4: '172.31.2.1', IPv6: 'fd00:31:2::1' },
  outside: { IPv4: '198.51.100.1', IPv6: '2001:db8:5::1' },
} as const;

function routerConfiguration(): string[] {
  const pods = {
    'node-a': ['10.244.1.0/24', 'fd00:244:1::/48'],
    'node-b': ['10.244.2.0/24', 'fd00:244:2::/48'],
  };
  return [
    ...Object.entries(routerAddress).flatMap(([link, { IPv4, IPv6 }]) => [
      `addr add ${IPv4}/24 dev ${link}`,
      `addr add ${IPv6}/64 dev ${link} nodad`,
      `link set ${link} up`,
    ]),
    ...(['node-a', 'node-b'] as const).flatMap((node) =>
      pods[node].map((range) => `route add ${range} via ${viaNode(node, range)}`),
    ),
    ...vipRanges.map((range) => `route add ${range} via ${viaNode('node-a', range)}`),
  ];
}

function viaNode(node: NodeName, range: string): string {
  return nodeAddress[node][range.includes(':') ? 'IPv6' : 'IPv4'];
}

function uplink({ IPv4, IPv6 }: Addresses): string[] {
  const gateway = IPv4.replace(/\d+\/.*/, '1');
  const gateway6 = IPv6.replace(/::.*/, '::1');
  return [
    `addr add ${IPv4} dev eth0`,
    `addr add ${IPv6} dev eth0 nodad`,
    'link set eth0 up',
    `route add default via ${gateway}`,
    `route add default via ${gateway6}`,
  ];
}

function nodeConfiguration(node: NodeName): string[] {
  const { IPv4, IPv6 } = nodeAddress[node];
  const pods = podNames.filter((pod) => nodeOf[pod] === node);
  const gateway = gatewayAddress[node];
  return [
    ...uplink({ IPv4: `${IPv4}/24`, IPv6: `${IPv6}/64` }),
    ...pods.flatMap((pod) => [
      `addr add ${gateway.IPv4}/32 dev ${pod}`,
      `addr add ${gateway.IPv6}/128 dev ${pod} nodad`,
      `link set ${pod} up`,
      `route add ${podAddress[pod].IPv4}/32 dev ${pod}`,
      `route add ${podAddress[pod].IPv6}/128 dev ${pod}`,
    ]),
  ];
}

function podConfiguration(pod: PodName): string[] {
  const gateway = gatewayAddress[nodeOf[pod]];
  return [
    `addr add ${podAddress[pod].IPv4}/32 dev eth0`,
    `addr add ${podAddress[pod].IPv6}/128 dev eth0 nodad`,
    'link set eth0 up',
    `route add ${gateway.IPv4} dev eth0 scope link`,
    `route add default via ${gateway.IPv4}`,
    `route add ${gateway.IPv6} dev eth0`,
    `route add default via ${gateway.IPv6}`,
  ];
}

/** Line by line in one shell, up to the first that fails: starting a process is slow in the test kernel. */
async function shell(lines: readonly string[]): Promise<void> {
  await runCommand('sh', '-ec', lines.join('\n'));
}

/** The line of a shell that has many commands done by one `ip`. */
function ipBatch(commands: readonly string[], host?: HostName): string {
  const options = host === undefined ? '' : `-n ${host} `;
  return `ip ${options}-batch - <<'END'\n${commands.join('\n')}\nEND`;
}
