/** The mode of kube-proxy that has written rules of iptables. */
export type RulesMode = 'iptables' | 'ipvs';

/** A chain for each Service, its endpoints and its ports: of the iptables mode alone. */
const chainsOfServices = /^:KUBE-(?:SVC|SVL|SEP|EXT|FW|XLB)-[A-Z2-7]{16} /m;

/** Chains that the iptables mode alone makes, Services or not. */
const chainsOfIptablesMode = /^:KUBE-(?:EXTERNAL-SERVICES|NODEPORTS|PROXY-CANARY) /m;

const chainsOfIpvsMode = /^:KUBE-(?:LOAD-BALANCER|NODE-PORT|IPVS-FILTER|IPVS-OUT-FILTER) /m;

/**
 * By which modes of kube-proxy there are chains in what `iptables-save` printed. The chains that the
 * kubelet makes too tell nothing. Pure.
 */
export function modesOfRules(rules: string): readonly RulesMode[] {
  const isIptables = chainsOfServices.test(rules) || chainsOfIptablesMode.test(rules);
  return [
    ...(isIptables ? (['iptables'] as const) : []),
    ...(chainsOfIpvsMode.test(rules) ? (['ipvs'] as const) : []),
  ];
}

/** Whether packets are led into the chains of the Services. Pure. */
export function leadsToServices(rules: string): boolean {
  return /^-A (?:PREROUTING|OUTPUT) .*-j KUBE-SERVICES$/m.test(rules);
}
