import type { TableName } from '../packet-filter/iptables/chains.ts';

/**
 * The chains of kube-proxy that have a fixed name, by table: of its ipvs mode (pkg/proxy/ipvs) and of its
 * iptables mode (pkg/proxy/iptables), 1.20 to 1.36. What the kubelet alone makes is not among these:
 * KUBE-FIREWALL, KUBE-KUBELET-CANARY, KUBE-IPTABLES-HINT, KUBE-MARK-DROP (KEP-3178).
 */
const fixedNames: Readonly<Record<TableName, ReadonlySet<string>>> = {
  mangle: new Set(['KUBE-PROXY-CANARY']),
  nat: new Set([
    'KUBE-FIREWALL-SERVICES',
    'KUBE-LOAD-BALANCER',
    'KUBE-MARK-MASQ',
    'KUBE-NODE-PORT',
    'KUBE-NODEPORTS',
    'KUBE-POSTROUTING',
    'KUBE-PROXY-CANARY',
    'KUBE-SERVICES',
  ]),
  filter: new Set([
    'KUBE-EXTERNAL-SERVICES',
    'KUBE-FORWARD',
    'KUBE-IPVS-FILTER',
    'KUBE-IPVS-OUT-FILTER',
    'KUBE-NODE-PORT',
    'KUBE-NODEPORTS',
    'KUBE-PROXY-CANARY',
    'KUBE-PROXY-FIREWALL',
    'KUBE-SERVICES',
    'KUBE-SOURCE-RANGES-FIREWALL',
  ]),
  security: new Set(),
};

/**
 * The chains of the iptables mode for each Service and endpoint: a hash in base32, cut to 16 letters. XLB is
 * what EXT was called before 1.24; FW stood in nat before 1.26 and stands in filter since.
 */
const hashedNames: Readonly<Record<TableName, RegExp | undefined>> = {
  mangle: undefined,
  nat: /^KUBE-(?:SVC|SVL|SEP|EXT|FW|XLB)-[A-Z2-7]{16}$/,
  filter: /^KUBE-FW-[A-Z2-7]{16}$/,
  security: undefined,
};

/** Masquerades what is marked; a kubelet before 1.27 makes these two itself, and others may use them. */
export const markChains: ReadonlySet<string> = new Set(['KUBE-MARK-MASQ', 'KUBE-POSTROUTING']);

/** Only a kubelet before 1.27 makes it: where it is, the chains that mark are the kubelet's as well. */
export const markOfOldKubelet = 'KUBE-MARK-DROP';

/** Whether kube-proxy makes a chain of this name in this table, in whichever mode. Pure. */
export function isKubeProxyChain(table: TableName, chain: string): boolean {
  return fixedNames[table].has(chain) || hashedNames[table]?.test(chain) === true;
}
