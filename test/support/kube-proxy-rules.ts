import { createHash } from 'node:crypto';

/** The releases whose rules are written here, after the public descriptions of its chains. */
export const kubeProxyVersions = ['1.30', '1.36'] as const;
export type KubeProxyVersion = (typeof kubeProxyVersions)[number];

export type RulesFamily = 'IPv4' | 'IPv6';

/** A port of a Service as kube-proxy serves it. */
export interface ProxiedPort {
  /** `default/web:http` */
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly clusterIp: string;
  readonly port: number;
  readonly nodePort?: number;
  /** `10.244.1.12:8080`; none where it is refused. */
  readonly endpoints: readonly string[];
}

export interface ProxiedCluster {
  readonly family: RulesFamily;
  readonly ports: readonly ProxiedPort[];
  /** Undefined where kube-proxy does not know what is local. */
  readonly clusterCidr?: string;
  /** The addresses at which node ports are served; the nftables mode names them. */
  readonly nodeAddresses: readonly string[];
}

/** What kube-proxy in iptables mode writes, for `iptables-restore --noflush`. */
export function iptablesModeRules(version: KubeProxyVersion, cluster: ProxiedCluster): string {
  const { ports, family } = cluster;
  const host = family === 'IPv4' ? 32 : 128;
  const loopback = family === 'IPv4' ? '127.0.0.0/8' : '::1/128';
  return lines(
    '*mangle',
    ':KUBE-PROXY-CANARY - [0:0]',
    'COMMIT',
    '*filter',
    ...[
      'EXTERNAL-SERVICES',
      'FORWARD',
      'NODEPORTS',
      'PROXY-CANARY',
      'PROXY-FIREWALL',
      'SERVICES',
    ].map((name) => `:KUBE-${name} - [0:0]`),
    ...['INPUT', 'FORWARD', 'OUTPUT'].map(
      (chain) =>
        `-I ${chain} ${fresh} ${said('kubernetes load balancer firewall')} -j KUBE-PROXY-FIREWALL`,
    ),
    `-I INPUT ${said('kubernetes health check service ports')} -j KUBE-NODEPORTS`,
    ...['INPUT', 'FORWARD'].map(
      (chain) =>
        `-I ${chain} ${fresh} ${said('kubernetes externally-visible service portals')} -j KUBE-EXTERNAL-SERVICES`,
    ),
    `-I FORWARD ${said('kubernetes forwarding rules')} -j KUBE-FORWARD`,
    ...['FORWARD', 'OUTPUT'].map(
      (chain) => `-I ${chain} ${fresh} ${said('kubernetes service portals')} -j KUBE-SERVICES`,
    ),
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
    `-A KUBE-FORWARD ${said('kubernetes forwarding rules')} -m mark --mark 0x4000/0x4000 -j ACCEPT`,
    `-A KUBE-FORWARD ${said('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    ...ports
      .filter(({ endpoints }) => endpoints.length === 0)
      .map(
        ({ clusterIp, protocol, port, name }) =>
          `-A KUBE-SERVICES -d ${clusterIp}/${host} -p ${protocol.toLowerCase()} ${said(`${name} has no endpoints`)} -m ${protocol.toLowerCase()} --dport ${port} -j REJECT`,
      ),
    'COMMIT',
    '*nat',
    ...[
      'KUBE-MARK-MASQ',
      'KUBE-NODEPORTS',
      'KUBE-POSTROUTING',
      'KUBE-PROXY-CANARY',
      'KUBE-SERVICES',
    ].map((name) => `:${name} - [0:0]`),
    ...ports.flatMap(chainsOfPort).map((name) => `:${name} - [0:0]`),
    ...['PREROUTING', 'OUTPUT'].map(
      (chain) => `-I ${chain} ${said('kubernetes service portals')} -j KUBE-SERVICES`,
    ),
    `-I POSTROUTING ${said('kubernetes postrouting rules')} -j KUBE-POSTROUTING`,
    '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0',
    `-A KUBE-POSTROUTING ${said('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
    ...ports.flatMap((port) => natRulesOf(port, cluster.clusterCidr, host)),
    // Since 1.33 what comes to a node port by loopback is counted apart.
    ...(version === '1.30' || family === 'IPv6'
      ? []
      : ports.flatMap(({ name, protocol, nodePort }) =>
          nodePort === undefined
            ? []
            : [
                `-I KUBE-NODEPORTS -d ${loopback} -p ${protocol.toLowerCase()} ${said(name)} -m ${protocol.toLowerCase()} --dport ${nodePort} -j ${hashed('EXT', name, protocol)}`,
              ],
        )),
    `-A KUBE-SERVICES ${said('kubernetes service nodeports; NOTE: this must be the last rule in this chain')} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`,
    'COMMIT',
  );
}

/** What the kubelet (1.28 and later) keeps beside kube-proxy, for `iptables-restore --noflush`. */
export const kubeletRules = lines(
  '*mangle',
  ':KUBE-IPTABLES-HINT - [0:0]',
  ':KUBE-KUBELET-CANARY - [0:0]',
  'COMMIT',
  '*nat',
  ':KUBE-KUBELET-CANARY - [0:0]',
  'COMMIT',
  '*filter',
  ':KUBE-FIREWALL - [0:0]',
  ':KUBE-KUBELET-CANARY - [0:0]',
  '-A INPUT -j KUBE-FIREWALL',
  '-A OUTPUT -j KUBE-FIREWALL',
  `-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 ${said('block incoming localnet connections')} -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`,
  'COMMIT',
);

/** Chains as network plugins, Docker and a user make them, the latter with names that begin alike. */
export const rulesOfOthers = lines(
  '*mangle',
  ':cali-PREROUTING - [0:0]',
  '-A PREROUTING -j cali-PREROUTING',
  '-A cali-PREROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  'COMMIT',
  '*nat',
  ':DOCKER - [0:0]',
  ':KUBE-SERVICES-MINE - [0:0]',
  ':KUBE-SVC-MINE - [0:0]',
  ':CNI-HOSTPORT-DNAT - [0:0]',
  ':cali-PREROUTING - [0:0]',
  '-A PREROUTING -j cali-PREROUTING',
  '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
  `-A PREROUTING ${said('-j KUBE-SERVICES is not here')} -j KUBE-SERVICES-MINE`,
  '-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
  '-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE',
  '-A DOCKER -i docker0 -j RETURN',
  '-A KUBE-SERVICES-MINE -d 192.0.2.77/32 -j KUBE-SVC-MINE',
  '-A KUBE-SVC-MINE -j RETURN',
  '-A cali-PREROUTING -d 192.0.2.78/32 -p tcp -m tcp --dport 1 -j RETURN',
  'COMMIT',
  '*filter',
  ':DOCKER-USER - [0:0]',
  ':KUBE-FORWARD-MINE - [0:0]',
  ':cali-INPUT - [0:0]',
  '-A INPUT -j cali-INPUT',
  '-A FORWARD -j DOCKER-USER',
  '-A FORWARD -j KUBE-FORWARD-MINE',
  '-A DOCKER-USER -j RETURN',
  '-A KUBE-FORWARD-MINE -s 192.0.2.79/32 -j DROP',
  '-A cali-INPUT -p tcp -m tcp --dport 1 -j DROP',
  'COMMIT',
);

const fresh = '-m conntrack --ctstate NEW';

function said(comment: string): string {
  return `-m comment --comment ${/[^\w/:-]/.test(comment) ? `"${comment}"` : comment}`;
}

function chainsOfPort({ name, protocol, nodePort, endpoints }: ProxiedPort): readonly string[] {
  return endpoints.length === 0
    ? []
    : [
        ...(nodePort === undefined ? [] : [hashed('EXT', name, protocol)]),
        hashed('SVC', name, protocol),
        ...endpoints.map((endpoint) => hashed('SEP', name, protocol, endpoint)),
      ];
}

function natRulesOf(
  { name, protocol, clusterIp, port, nodePort, endpoints }: ProxiedPort,
  clusterCidr: string | undefined,
  host: number,
): readonly string[] {
  if (endpoints.length === 0) {
    return [];
  }
  const lower = protocol.toLowerCase();
  const service = hashed('SVC', name, protocol);
  const external = hashed('EXT', name, protocol);
  const toService = `-d ${clusterIp}/${host} -p ${lower} ${said(`${name} cluster IP`)} -m ${lower} --dport ${port}`;
  return [
    `-A KUBE-SERVICES ${toService} -j ${service}`,
    ...(nodePort === undefined
      ? []
      : [
          `-A KUBE-NODEPORTS -p ${lower} ${said(name)} -m ${lower} --dport ${nodePort} -j ${external}`,
          `-A ${external} ${said(`masquerade traffic for ${name} external destinations`)} -j KUBE-MARK-MASQ`,
          `-A ${external} -j ${service}`,
        ]),
    ...(clusterCidr === undefined
      ? []
      : [`-A ${service} ! -s ${clusterCidr} ${toService} -j KUBE-MARK-MASQ`]),
    ...endpoints.flatMap((endpoint, index) => {
      const chain = hashed('SEP', name, protocol, endpoint);
      const left = endpoints.length - index;
      const chance =
        left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(11)}`;
      return [
        `-A ${service} ${said(`${name} -> ${endpoint}`)}${chance} -j ${chain}`,
        `-A ${chain} -s ${addressOf(endpoint)}/${host} ${said(name)} -j KUBE-MARK-MASQ`,
        `-A ${chain} -p ${lower} ${said(name)} -m ${lower} -j DNAT --to-destination ${endpoint}`,
      ];
    }),
  ];
}

/** `10.244.1.12:8080` and `[fd00::1]:8080` without the port. */
export function addressOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':')).replaceAll(/[[\]]/g, '');
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A chain of the iptables mode: a hash in base32, cut to 16 letters. */
export function hashed(kind: string, ...of: readonly string[]): string {
  const bits = [...createHash('sha256').update(of.join('')).digest().subarray(0, 10)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => base32[Number.parseInt(five, 2)] ?? '');
  return `KUBE-${kind}-${letters.join('')}`;
}

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
