import type { GoldenCase } from './golden.ts';
import { iptables as iptablesProgram } from './iptables-variant.ts';

/** The types of kube-proxy's sets, by the name. */
const typeOfSet: Readonly<Record<string, string>> = {
  'KUBE-LOOP-BACK': 'hash:ip,port,ip',
  'KUBE-CLUSTER-IP': 'hash:ip,port',
  'KUBE-EXTERNAL-IP': 'hash:ip,port',
  'KUBE-EXTERNAL-IP-LOCAL': 'hash:ip,port',
  'KUBE-LOAD-BALANCER': 'hash:ip,port',
  'KUBE-LOAD-BALANCER-LOCAL': 'hash:ip,port',
  'KUBE-LOAD-BALANCER-FW': 'hash:ip,port',
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': 'hash:ip,port,net',
  'KUBE-LOAD-BALANCER-SOURCE-IP': 'hash:ip,port,ip',
  'KUBE-NODE-PORT-TCP': 'bitmap:port',
  'KUBE-NODE-PORT-LOCAL-TCP': 'bitmap:port',
  'KUBE-NODE-PORT-UDP': 'bitmap:port',
  'KUBE-NODE-PORT-LOCAL-UDP': 'bitmap:port',
  'KUBE-NODE-PORT-SCTP-HASH': 'hash:ip,port',
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': 'hash:ip,port',
  'KUBE-HEALTH-CHECK-NODE-PORT': 'bitmap:port',
  'KUBE-IPVS-IPS': 'hash:ip',
};

/**
 * The lines of a shell that make what kube-proxy in ipvs mode had left for a golden case of
 * IPv4, and a virtual server with its address that no Service has any more.
 */
export function kubeProxyLeftovers(
  expected: GoldenCase['expected'],
  stale: string,
  program = iptablesProgram,
): string {
  // The golden shape keeps the parts that it does not compare.
  const { iptables, ipsets } = expected as unknown as {
    readonly iptables: readonly string[];
    readonly ipsets: Readonly<Record<string, readonly string[]>>;
  };
  const sets = Object.entries(typeOfSet).flatMap(([name, type]) => [
    `create ${name} ${type}${type === 'bitmap:port' ? ' range 0-65535' : ''}`,
    ...(ipsets[name] ?? []).map((entry) => `add ${name} ${entry}`),
  ]);
  const servers = expected.virtualServers.flatMap((virtualServer) => {
    const { protocol, address, scheduler, realServers } = virtualServer;
    const frontEnd = `${protocol === 'UDP' ? '-u' : '-t'} ${address}`;
    return [
      `-A ${frontEnd} -s ${scheduler}`,
      ...realServers.map((server) => `-a ${frontEnd} -r ${server.address} -m -w 1`),
    ];
  });
  const addresses = [...expected.boundAddresses, `${stale}/32`];
  return [
    'modprobe ip_vs',
    'echo 1 >/proc/sys/net/ipv4/vs/conntrack',
    here('ipset restore', sets),
    here(`${program}-restore --noflush`, restoreLines(iptables)),
    here('ipvsadm -R', [...servers, `-A -t ${stale}:80 -s rr`]),
    'ip link add kube-ipvs0 type dummy',
    here(
      'ip -batch -',
      addresses.map((address) => `addr add ${address} dev kube-ipvs0`),
    ),
  ].join('\n');
}

/** The golden cases leave chains and COMMIT out. */
function restoreLines(iptables: readonly string[]): readonly string[] {
  const tables: { name: string; rules: string[] }[] = [];
  for (const line of iptables) {
    if (line.startsWith('*')) {
      tables.push({ name: line, rules: [] });
    } else {
      tables.at(-1)?.rules.push(line);
    }
  }
  return tables.flatMap(({ name, rules }) => [
    name,
    ...[...new Set(rules.join('\n').match(/KUBE-[A-Z-]+/g))]
      .filter((chain) => rules.some((rule) => isChain(rule, chain)))
      .map((chain) => `:${chain} - [0:0]`),
    ...rules,
    'COMMIT',
  ]);
}

/** A set may have the name of a chain. */
function isChain(rule: string, chain: string): boolean {
  return rule.startsWith(`-A ${chain} `) || rule.endsWith(`-j ${chain}`);
}

function here(command: string, lines: readonly string[]): string {
  return `${command} <<'END'\n${lines.join('\n')}\nEND`;
}
