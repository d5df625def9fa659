import type { Protocol } from '../../net/protocol.ts';
import type { IpSet } from '../ipset/model.ts';
import type { IpFamily } from '../../net/ip-address.ts';

/** What kube-proxy in ipvs mode calls its sets (pkg/proxy/ipvs, 1.20 to 1.36). */
const setNames = [
  'LOOP-BACK',
  'CLUSTER-IP',
  'EXTERNAL-IP',
  'EXTERNAL-IP-LOCAL',
  'LOAD-BALANCER',
  'LOAD-BALANCER-FW',
  'LOAD-BALANCER-LOCAL',
  'LOAD-BALANCER-SOURCE-CIDR',
  'LOAD-BALANCER-SOURCE-IP',
  'NODE-PORT-TCP',
  'NODE-PORT-LOCAL-TCP',
  'NODE-PORT-UDP',
  'NODE-PORT-LOCAL-UDP',
  'NODE-PORT-SCTP-HASH',
  'NODE-PORT-LOCAL-SCTP-HASH',
  'HEALTH-CHECK-NODE-PORT',
  'IPVS-IPS',
] as const;

/** Characters that the kernel takes: IPSET_MAXNAMELEN without the NUL. */
const longestSetName = 31;

type KubeProxySet = (typeof setNames)[number];

/** The names of all sets of a family. */
export function kubeProxySets(family: IpFamily): readonly string[] {
  return setNames.map((name) => setName(name, family));
}

/** The set of the VIPs that kube-proxy has bound. */
export function kubeProxyVips(family: IpFamily): IpSet {
  return { name: setName('IPVS-IPS', family), type: 'hash:ip', family };
}

/** The set of its cluster IPs. */
export function kubeProxyClusterIps(family: IpFamily): IpSet {
  return { name: setName('CLUSTER-IP', family), type: 'hash:ip,port', family };
}

/** The sets of node ports by protocol; those of SCTP hold the addresses as well. */
export function kubeProxyNodePorts(family: IpFamily): Readonly<Record<Protocol, IpSet>> {
  return {
    TCP: { name: setName('NODE-PORT-TCP', family), type: 'bitmap:port', family },
    UDP: { name: setName('NODE-PORT-UDP', family), type: 'bitmap:port', family },
    SCTP: { name: setName('NODE-PORT-SCTP-HASH', family), type: 'hash:ip,port', family },
  };
}

/** kube-proxy cuts what is longer than the kernel takes: `KUBE-6-LOAD-BALANCER-SOURCE-CID`. */
function setName(name: KubeProxySet, family: IpFamily): string {
  return `KUBE-${family === 'IPv4' ? '' : '6-'}${name}`.slice(0, longestSetName);
}
