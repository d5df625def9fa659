import { addressesOfLink } from '../../kernel/vip-link/bound-address-difference.ts';
import { nodeAddressesOf } from '../../kernel/vip-link/node-addresses.ts';
import { vipLinkName } from '../../kernel/vip-link/protocol.ts';
import type { IpAddress } from '../../net/ip-address.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import type { ClusterVip } from '../readers.ts';

const kinds = kindsOf({
  'other-host-bound': {
    severity: 'error',
    means: `An address of another host is bound on ${vipLinkName}: from this node and its Pods that host cannot be reached, since packets to it stay here. kube-ipvs binds no such address; look who has (an earlier kube-proxy, a person), and unbind it.`,
    mend: `ip address del ADDRESS dev ${vipLinkName}`,
  },
  'cluster-ip-of-node': {
    severity: 'error',
    means:
      'A cluster IP is an address of this node too: the range of Services overlaps with the network of the nodes, and one of the two cannot be reached. The range is chosen with --service-cluster-ip-range of the API server.',
    mend: 'ip address show to ADDRESS',
  },
  'vip-of-node': {
    severity: 'note',
    means:
      'An external or load-balancer IP is an address of this node too. It is served, and answers on the ports of the Service instead of the node’s own listeners; all other ports are the node’s.',
  },
  'on-two-links': {
    severity: 'warning',
    means: `An address that is bound on ${vipLinkName} stands on another link too. Unbound by kube-ipvs it would stay there, and the node would go on answering for it.`,
    mend: 'ip address show to ADDRESS',
  },
});

interface Seen {
  readonly isClusterRead: boolean;
  readonly vips: readonly ClusterVip[];
  /** Those of links but the VIP link. */
  readonly nodeAddresses: ReadonlySet<string>;
  /** What is bound on the VIP link, with whose it is where that is another host. */
  readonly bound: readonly { readonly address: IpAddress; readonly owner: string | undefined }[];
}

/** Addresses that two have. */
export const sharedAddresses = defineCheck<Seen>({
  name: 'shared-addresses',
  title: 'Addresses that are a VIP and a host’s',
  looksAt: `The addresses of Services, of this node's links, of ${vipLinkName}, of the API server, and of the other Nodes (which are listed while some Service has external or load-balancer IPs).`,
  kinds,
  look: async (readers) => {
    const links = await readers.links();
    const addresses = await readers.addresses();
    const cluster = await readers.cluster();
    const vipLink = links.find(({ name }) => name === vipLinkName);
    const bound =
      vipLink === undefined ? [] : [...addressesOfLink(addresses, vipLink.index).values()];
    return {
      isClusterRead: cluster.kind === 'read',
      vips: cluster.kind === 'read' ? cluster.vips : [],
      nodeAddresses: new Set(nodeAddressesOf(links, addresses).map(({ text }) => text)),
      bound: bound.map(({ address }) => ({
        address,
        owner: cluster.kind === 'read' ? cluster.otherHostAt(address) : undefined,
      })),
    };
  },
  judge: ({ isClusterRead, vips, nodeAddresses, bound }) => {
    const findings: Finding[] = [];
    for (const { address, owner } of bound) {
      const { text, hostPrefix } = address;
      if (owner !== undefined) {
        const command = `ip address del ${hostPrefix} dev ${vipLinkName}`;
        findings.push(
          found(
            kinds['other-host-bound'],
            `${text} is bound here and belongs to ${owner}`,
            command,
          ),
        );
      }
      if (nodeAddresses.has(text)) {
        findings.push(
          found(
            kinds['on-two-links'],
            `${text} stands on ${vipLinkName} and on another link`,
            `ip address show to ${hostPrefix}`,
          ),
        );
      }
    }
    for (const { address, service, kind } of vips) {
      if (nodeAddresses.has(address.text)) {
        const seen = `${address.text}, the ${kind} of Service ${service}, is an address of this node`;
        findings.push(
          kind === 'cluster IP'
            ? found(kinds['cluster-ip-of-node'], seen, `ip address show to ${address.hostPrefix}`)
            : found(kinds['vip-of-node'], seen),
        );
      }
    }
    return orFine(
      findings,
      isClusterRead
        ? `none of ${bound.length} bound addresses is another host's`
        : `whose the ${bound.length} bound addresses are is not known: the cluster was not read`,
    );
  },
});
