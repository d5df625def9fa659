import { ip6tables, iptables } from './iptables-variant.ts';
import { podAddress } from './network.ts';
import { serviceObjects, vipOf } from './network-services.ts';
import { packetFilter } from './packet-filter.ts';

/** Services with all that the program makes for any: sets, rules and virtual servers of both families. */
export const mishapObjects = [
  ...serviceObjects({
    name: 'web',
    number: 1,
    endpoints: [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }],
    spec: { loadBalancerSourceRanges: ['198.51.100.0/24', '2001:db8:5::/64'] },
  }),
  ...serviceObjects({ name: 'empty', number: 2, endpoints: [] }),
  ...serviceObjects({
    name: 'local',
    number: 3,
    externalPolicy: 'Local',
    endpoints: [{ addresses: podAddress['pod-b2'], nodeName: 'node-b' }],
  }),
];

/** To chains of iptables and sets of ipset. */
const ofIptables = {
  'a chain is flushed': `${iptables} -F KIPVS-INPUT`,
  'chains of all tables are flushed': flushed(iptables),
  'chains of IPv6 are flushed': flushed(ip6tables),
  'a rule is deleted': `${iptables} -t nat -D KIPVS-POSTROUTING 1`,
  'a jump is deleted': `${iptables} -t nat -D PREROUTING 1`,
  'the jump of forwarded packets is deleted': `${iptables} -D FORWARD 1`,
  'all jumps are deleted': `for t in mangle nat filter security; do for c in PREROUTING INPUT FORWARD OUTPUT POSTROUTING; do
       ${iptables} -t $t -F $c 2>/dev/null || true
     done; done`,
  'a set is flushed': 'ipset flush kube-ipvs-external-4',
  'an entry of a set is deleted': `ipset del kube-ipvs-vip-6 ${vipOf('cluster IP', 1).IPv6}`,
  'an entry is added to a set': 'ipset add kube-ipvs-cluster-4 10.96.7.7,tcp:80',
  'a set is destroyed': `${iptables} -F KIPVS-INPUT; ${iptables} -t nat -F KIPVS-SERVICES; ipset destroy kube-ipvs-refused-4`,
  'everything of netfilter is removed': `for i in ${iptables} ${ip6tables}; do for t in mangle nat filter security; do
       $i -t $t -F; $i -t $t -X; done; done
     ipset destroy`,
} as const;

/** To virtual servers. */
const ofIpvs = {
  'a virtual server is deleted': `ipvsadm -D -t ${vipOf('cluster IP', 1).IPv4}:80`,
  'all virtual servers are deleted': 'ipvsadm -C',
  'a real server is deleted': `ipvsadm -d -t ${vipOf('cluster IP', 1).IPv4}:80 -r ${podAddress['pod-a2'].IPv4}:8080`,
} as const;

/**
 * What somebody does by hand to a node that serves them: lines of a shell, each with its name. What others do
 * to the table of nf_tables is in test/modern/nft-table.
 */
export const mishaps: Readonly<
  Partial<Record<keyof typeof ofIptables | keyof typeof ofIpvs, string>>
> = packetFilter === 'iptables' ? { ...ofIptables, ...ofIpvs } : ofIpvs;

function flushed(program: string): string {
  return `${program} -t mangle -F KIPVS-OUTPUT
    for c in SERVICES CLOSED POSTROUTING MASQUERADE; do ${program} -t nat -F KIPVS-$c; done
    for c in INPUT FORWARD REFUSE; do ${program} -F KIPVS-$c; done`;
}
