import { vipLinkName } from '../../kernel/vip-link/protocol.ts';
import { addressesOfLink } from '../../kernel/vip-link/bound-address-difference.ts';
import { countsAsNodeAddress } from '../../net/special-address.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import type { ProcessesReading } from '../../kernel/takeover/readings.ts';

const setStrictArp = 'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2';

const kinds = kindsOf({
  announcer: {
    severity: 'warning',
    means: `A program that announces load-balancer IPs on the local network runs here, and this node answers ARP for every address that is bound on ${vipLinkName}, announced by it or not: clients reach whichever node answers first, and fail-over does not work. Set ipvs.strictARP: true in the configuration, which does what the command does, for good.`,
    mend: setStrictArp,
  },
  'load-balancer-ips': {
    severity: 'note',
    means:
      'This node answers ARP for these load-balancer IPs on all links. That is as it should be where a router or a cloud leads packets to the nodes. Where something announces them on the local network (MetalLB in layer 2 mode, kube-vip with ARP, keepalived), set ipvs.strictARP: true.',
    mend: setStrictArp,
  },
  'processes-hidden': {
    severity: 'note',
    means:
      'In a container only its own processes are to be seen, and kube-ipvs has no right to list Pods: whether something announces load-balancer IPs on the local network is not known. Where it does, set ipvs.strictARP: true.',
    mend: 'kubectl get pods -A -o wide | grep -E "speaker|kube-vip|keepalived"',
  },
});

/** By the kernel's names of their processes, of 15 letters at most. */
const announcers: ReadonlyMap<string, string> = new Map([
  ['speaker', 'MetalLB'],
  ['kube-vip', 'kube-vip'],
  ['keepalived', 'keepalived'],
  ['openelb-speaker', 'OpenELB'],
]);

interface Seen {
  /** Links of the network with the mode in effect: the greater one of the link and of `all`. */
  readonly links: readonly { readonly name: string; readonly arpIgnore: number }[];
  readonly processes: ProcessesReading;
  /** Load-balancer IPs of IPv4 that are bound here. */
  readonly loadBalancerIPs: readonly string[];
}

/** Who answers ARP for load-balancer IPs. */
export const strictArp = defineCheck<Seen>({
  name: 'strict-arp',
  title: 'ARP for load-balancer IPs',
  looksAt: `net.ipv4.conf.LINK.arp_ignore of the links to a network (the greater one of the link and of \`all\` counts), load-balancer IPs that are bound on ${vipLinkName}, and processes by the names of programs that announce such addresses (MetalLB, kube-vip, keepalived, OpenELB).`,
  kinds,
  look: async (readers) => {
    const all = Number((await readers.sysctl('net/ipv4/conf/all/arp_ignore')) ?? 0);
    const links = await readers.links();
    const addresses = await readers.addresses();
    const vipLink = links.find(({ name }) => name === vipLinkName);
    const bound = vipLink === undefined ? new Map() : addressesOfLink(addresses, vipLink.index);
    const cluster = await readers.cluster();
    const seen: { name: string; arpIgnore: number }[] = [];
    for (const { name, index, up } of links) {
      const isUplink = addresses.some(
        ({ linkIndex, address }) =>
          linkIndex === index && address.family === 'IPv4' && countsAsNodeAddress(address),
      );
      const own = await readers.sysctl(`net/ipv4/conf/${name}/arp_ignore`);
      if (up && isUplink && name !== vipLinkName && own !== undefined) {
        seen.push({ name, arpIgnore: Math.max(all, Number(own)) });
      }
    }
    return {
      links: seen,
      processes: await readers.processes(),
      loadBalancerIPs:
        cluster.kind === 'read'
          ? cluster.vips
              .filter(({ kind, address }) => kind === 'load-balancer IP' && bound.has(address.text))
              .map(({ address }) => address.text)
              .filter((text) => !text.includes(':'))
          : [],
    };
  },
  judge: ({ links, processes, loadBalancerIPs }) => {
    if (links.length === 0) {
      return orFine([], 'no link has an address of the node');
    }
    const answering = links.filter(({ arpIgnore }) => arpIgnore === 0);
    if (answering.length === 0) {
      return orFine([], 'links answer ARP for their own addresses alone');
    }
    const names = answering.map(({ name }) => name).join(', ');
    const running = processes.processes.flatMap(({ name, pid }) => {
      const program = announcers.get(name);
      return program === undefined ? [] : [`${program} (process ${pid})`];
    });
    const findings: Finding[] = [];
    if (running.length > 0) {
      findings.push(
        found(kinds.announcer, `${running.join(', ')} runs, and arp_ignore is 0 at ${names}`),
      );
    } else if (loadBalancerIPs.length > 0) {
      const more = loadBalancerIPs.length - 3;
      const text = `${loadBalancerIPs.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
      findings.push(
        found(kinds['load-balancer-ips'], `${text} bound here, and arp_ignore is 0 at ${names}`),
      );
      if (!processes.seesHost) {
        findings.push(found(kinds['processes-hidden'], 'the processes of the node are not seen'));
      }
    }
    return orFine(findings, 'no load-balancer IP is bound, and no announcer runs');
  },
});
