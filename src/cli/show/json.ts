import type { ObservedAddress } from '../../kernel/vip-link/bound-address-difference.ts';
import type { VirtualServerView } from '../../inspect/views/service-view.ts';
import type { Shown } from './shown-node.ts';

/**
 * What a node does, for programs: `virtualServers` and `boundAddresses` are what the kernel holds,
 * `services` and `problems` are views as the status page has them; `packetFilter` is null where it is not known.
 * Ends with a new line.
 */
export function showJson(shown: Shown, addresses: ReadonlyMap<string, ObservedAddress>): string {
  const { summary, services, strays, problems } = shown;
  const virtualServers = [...services.flatMap((service) => service.virtualServers), ...strays]
    .filter(({ inKernel }) => inKernel)
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(virtualServerJson);
  const boundAddresses = [...addresses]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { address, owned }]) => ({ address: address.hostPrefix, owned }));
  const { node, at, isDaemon, packetFilter } = summary;
  const source = isDaemon ? 'daemon' : 'kernel';
  return `${JSON.stringify({ node, at, source, packetFilter, virtualServers, boundAddresses, services, problems }, undefined, 2)}\n`;
}

function virtualServerJson(view: VirtualServerView) {
  const { id, persistence, state, realServers, service, scheduler, flags, owned } = view;
  const { portRanges } = view;
  return {
    ...id,
    scheduler,
    ...(flags.length === 0 ? {} : { flags }),
    ...(persistence === null ? {} : { options: `-p ${persistence.timeoutSeconds}` }),
    service,
    ...(portRanges === null ? {} : { portRanges }),
    owned,
    ...(state.kind === 'foreign, refused' ? { refusedAtVipOf: state.vipOf } : {}),
    state,
    realServers: realServers.flatMap((realServer) => {
      const { address, method, weight, connections, pod, node, zone } = realServer;
      return connections === null
        ? []
        : [
            {
              address,
              method,
              weight,
              activeConnections: connections.active,
              inactiveConnections: connections.inactive,
              pod,
              node,
              zone,
              state: realServer.state,
            },
          ];
    }),
  };
}
