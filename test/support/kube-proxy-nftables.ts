import {
  addressOf,
  type KubeProxyVersion,
  type ProxiedCluster,
  type ProxiedPort,
} from './kube-proxy-rules.ts';

/** What kube-proxy in nftables mode writes, for `nft -f`, after the public description of its table. */
export function nftablesModeRules(version: KubeProxyVersion, cluster: ProxiedCluster): string {
  const { family, ports, nodeAddresses } = cluster;
  const isV4 = family === 'IPv4';
  const [table, address] = isV4 ? ['ip', 'ipv4_addr'] : ['ip6', 'ipv6_addr'];
  const served = ports.filter(({ endpoints }) => endpoints.length > 0);
  const unserved = ports.filter(({ endpoints }) => endpoints.length === 0);
  const atNode = served.filter(({ nodePort }) => nodePort !== undefined);
  const key = `${address} . inet_proto . inet_service : verdict`;
  return `
table ${table} kube-proxy {
  comment "rules for kube-proxy"
  set cluster-ips { type ${address}; ${elements(new Set(ports.map(({ clusterIp }) => clusterIp)))} }
  set nodeport-ips { type ${address}; ${elements(nodeAddresses)} }
  map firewall-ips { type ${key}; }
  map no-endpoint-services {
    type ${key}
    ${elements(unserved.map((port) => `${front(port)} : goto reject-chain`))}
  }
  map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }
  map service-ips {
    type ${key}
    ${elements(served.map((port) => `${front(port)} : goto ${chainOf('service', port)}`))}
  }
  map service-nodeports {
    type inet_proto . inet_service : verdict
    ${elements(atNode.map((port) => `${port.protocol.toLowerCase()} . ${String(port.nodePort)} : goto ${chainOf('external', port)}`))}
  }
  chain reject-chain { reject; }
  chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
  chain masquerading {
    meta mark & 0x4000 == 0 return
    meta mark set meta mark xor 0x4000
    masquerade fully-random
  }
${served.map((port) => chainsOf(port, table, cluster.clusterCidr)).join('')}
  chain services {
    ${table} daddr . meta l4proto . th dport vmap @service-ips
    ${table} daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
  }
  chain firewall-check { ${table} daddr . meta l4proto . th dport vmap @firewall-ips; }
  chain service-endpoints-check { ${table} daddr . meta l4proto . th dport vmap @no-endpoint-services; }
  chain nodeport-endpoints-check {
    ${table} daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
  }
  chain cluster-ips-check { ${table} daddr @cluster-ips reject; }
  chain filter-prerouting-pre-dnat {
    type filter hook prerouting priority -110; policy accept;
    ct state new jump firewall-check
  }
  chain filter-output-pre-dnat {
    type filter hook output priority -110; policy accept;
    ct state new jump firewall-check
  }
  chain filter-input {
    type filter hook input priority 0; policy accept;
    ct state new jump nodeport-endpoints-check
    ct state new jump service-endpoints-check
  }
  chain filter-forward {
    type filter hook forward priority 0; policy accept;
    ct state new jump service-endpoints-check
    ct state new jump cluster-ips-check
  }
  chain ${version === '1.30' ? 'filter-output' : 'filter-output-post-dnat'} {
    type filter hook output priority ${version === '1.30' ? '0' : '-90'}; policy accept;
    ct state new jump service-endpoints-check
    ct state new jump cluster-ips-check
  }
  chain nat-prerouting { type nat hook prerouting priority -100; policy accept; jump services; }
  chain nat-output { type nat hook output priority -100; policy accept; jump services; }
  chain nat-postrouting { type nat hook postrouting priority 100; policy accept; jump masquerading; }
}
`;
}

function chainsOf(port: ProxiedPort, table: string, clusterCidr: string | undefined): string {
  const { protocol, clusterIp, port: number, nodePort, endpoints } = port;
  const lower = protocol.toLowerCase();
  const service = chainOf('service', port);
  const choices = endpoints.map(
    (_, index) => `${index} : goto ${chainOf('endpoint', port, index)}`,
  );
  const fromOutside =
    clusterCidr === undefined
      ? ''
      : `${table} daddr ${clusterIp} ${lower} dport ${number} ${table} saddr != ${clusterCidr} jump mark-for-masquerade`;
  return [
    ...endpoints.map(
      (endpoint, index) => `  chain ${chainOf('endpoint', port, index)} {
    ${table} saddr ${addressOf(endpoint)} jump mark-for-masquerade
    meta l4proto ${lower} dnat to ${endpoint}
  }
`,
    ),
    `  chain ${service} {
    ${fromOutside}
    numgen random mod ${endpoints.length} vmap { ${choices.join(', ')} }
  }
`,
    ...(nodePort === undefined
      ? []
      : [`  chain ${chainOf('external', port)} { jump mark-for-masquerade; goto ${service}; }\n`]),
  ].join('');
}

/** kube-proxy has a hash in these names. */
function chainOf(kind: string, { name, protocol }: ProxiedPort, index?: number): string {
  const number = index === undefined ? '' : `__${index}`;
  return `${kind}-${name.replace(':', '/')}/${protocol.toLowerCase()}${number}`.replaceAll(
    /[^A-Za-z0-9/_.-]/g,
    '_',
  );
}

function front({ clusterIp, protocol, port }: ProxiedPort): string {
  return `${clusterIp} . ${protocol.toLowerCase()} . ${port}`;
}

/** nft takes no empty list. */
function elements(all: Iterable<string>): string {
  const list = [...all];
  return list.length === 0 ? '' : `elements = { ${list.join(', ')} }`;
}
