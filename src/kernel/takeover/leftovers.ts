import type { Protocol } from '../../net/protocol.ts';
import type { VirtualServerId } from '../ipvs/model.ts';
import type { ListedVirtualServer } from '../ipvs/read-table.ts';
import type { IpAddress } from '../../net/ip-address.ts';
import type { ObservedAddress } from '../vip-link/bound-address-difference.ts';

/** What kube-proxy's own sets say is kube-proxy's. */
export interface KubeProxyClaims {
  /** The addresses that it has bound, as texts. */
  readonly vips: ReadonlySet<string>;
  /** Its node ports: `TCP 30080`. */
  readonly nodePorts: ReadonlySet<string>;
}

export interface Leftovers {
  readonly virtualServers: readonly VirtualServerId[];
  readonly boundAddresses: readonly IpAddress[];
}

/**
 * What of kube-proxy's virtual servers and addresses nobody has taken over: it stands in
 * kube-proxy's sets, and does not carry our mark. Everything else is somebody else's. Pure.
 */
export function findLeftovers(
  claims: KubeProxyClaims,
  virtualServers: Iterable<ListedVirtualServer>,
  boundAddresses: Iterable<ObservedAddress>,
  nodeAddresses: ReadonlySet<string>,
): Leftovers {
  return {
    virtualServers: [...virtualServers]
      .filter(({ settings }) => !settings.owned)
      .map(({ id }) => id)
      .filter((id) => isKubeProxys(id, claims, nodeAddresses)),
    boundAddresses: [...boundAddresses]
      .filter(({ address, owned }) => !owned && claims.vips.has(address.text))
      .map(({ address }) => address),
  };
}

/** The key of a node port among kube-proxy's claims. */
export function nodePortKey(protocol: Protocol, port: number): string {
  return `${protocol} ${port}`;
}

function isKubeProxys(
  id: VirtualServerId,
  { vips, nodePorts }: KubeProxyClaims,
  nodeAddresses: ReadonlySet<string>,
): boolean {
  if (id.kind !== 'address') {
    return false;
  }
  return (
    vips.has(id.address.text) ||
    (nodeAddresses.has(id.address.text) && nodePorts.has(nodePortKey(id.protocol, id.port)))
  );
}
