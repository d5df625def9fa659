/** What a connection passes beside IPVS: rules of ours, of kube-proxy, or none. */
export const rulesOfConnections = [
  'no rules',
  'conntrack alone',
  'conntrack and NAT alone',
  'nftables',
  'iptables-legacy',
  'iptables-nft',
  'kube-proxy with iptables-legacy',
  'kube-proxy with iptables-nft',
] as const;

export type RulesOfConnections = (typeof rulesOfConnections)[number];

/** The golden case with kube-proxy's rules for a node that has a cluster IP and a node port. */
export const goldenCaseOfRules = 'nodeport-etp-local';
