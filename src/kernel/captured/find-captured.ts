import type { VirtualServerId } from '../ipvs/model.ts';
import type { ListedVirtualServer } from '../ipvs/read-table.ts';
import type { IpAddress } from '../../net/ip-address.ts';
import type { ObservedAddress } from '../vip-link/bound-address-difference.ts';

/** An address that this node has bound, and that is somebody else's. */
export interface CandidateAddress extends ObservedAddress {
  /** Where an API server answers at it; undefined for an address that the operator protects. */
  readonly apiServerPorts: readonly number[] | undefined;
}

/** What the kernel says about addresses before any Service is known. */
export interface KernelClaims {
  /** Cluster IPs with endpoints, by our sets and kube-proxy's; undefined where neither has such a set. */
  readonly clusterIps: ReadonlySet<string> | undefined;
  /** The addresses that kube-proxy has bound. */
  readonly kubeProxyVips: ReadonlySet<string>;
  readonly virtualServers: Iterable<ListedVirtualServer>;
}

export interface Captured {
  readonly addresses: readonly IpAddress[];
  /** Those at the addresses, of the same maker. */
  readonly virtualServers: readonly VirtualServerId[];
}

/**
 * Which of the bound addresses may go before the first list, and what leads to them. They have to be
 * ours, or kube-proxy's, by their marks. A cluster IP stays whatever the configuration calls it: a
 * kubeconfig may lead by the Service of the API server, and without that no list would ever come. Pure.
 */
export function findCaptured(
  candidates: readonly CandidateAddress[],
  { clusterIps, kubeProxyVips, virtualServers }: KernelClaims,
): Captured {
  const all = [...virtualServers];
  const captured = candidates.filter(
    (candidate) =>
      (candidate.owned || kubeProxyVips.has(candidate.address.text)) &&
      (clusterIps === undefined
        ? !mayLeadOn(candidate, all)
        : !clusterIps.has(candidate.address.text)),
  );
  const texts = new Set(captured.map(({ address }) => address.text));
  return {
    addresses: captured.map(({ address }) => address),
    virtualServers: all
      .filter(
        ({ id, settings }) =>
          id.kind === 'address' &&
          texts.has(id.address.text) &&
          (settings.owned || kubeProxyVips.has(id.address.text)),
      )
      .map(({ id }) => id),
  };
}

/** Without sets nobody can tell a cluster IP: what forwards to real servers may be the way to the API server. */
function mayLeadOn(
  { address, apiServerPorts }: CandidateAddress,
  virtualServers: readonly ListedVirtualServer[],
): boolean {
  return virtualServers.some(
    ({ id, realServers }) =>
      id.kind === 'address' &&
      id.address.equals(address) &&
      realServers.length > 0 &&
      apiServerPorts?.includes(id.port) !== false,
  );
}
