import { rawService, rawSlice } from './manifests.ts';

type Raw = Record<string, unknown>;

/** How many Services a large cluster has, and how many endpoints each of them. */
export interface ClusterSize {
  readonly services: number;
  readonly endpoints: number;
}

/** A Service `default/NAME` at a cluster IP with TCP port 80, and its ready endpoints at one port. */
export function serviceWith(
  name: string,
  clusterIP: string,
  endpoints: readonly string[],
  { port = 8080, annotations = {} }: { port?: number; annotations?: Record<string, string> } = {},
): readonly Raw[] {
  const ports = [{ name: 'http', protocol: 'TCP', port }];
  return [
    rawService(name, { clusterIP, clusterIPs: [clusterIP] }, { annotations }),
    rawSlice(`${name}-1`, name, {
      endpoints: endpoints.map((address) => ({ addresses: [address], nodeName: 'node-b' })),
      ports,
    }),
  ];
}

/** Services `default/service-0`, `-1`, ... at 10.97.0.0 and up. */
export function largeCluster({ services, endpoints }: ClusterSize): readonly Raw[] {
  return manyServices(0, services, endpoints, {});
}

/**
 * The same cluster later: the first third has other endpoints, the second another scheduler, the
 * last is gone, and new ones have come.
 */
export function largeClusterLater({ services, endpoints }: ClusterSize): readonly Raw[] {
  const third = Math.floor(services / 3);
  return [
    ...manyServices(0, third, endpoints + 1, {}),
    ...manyServices(third, 2 * third, endpoints, { 'kube-ipvs.io/scheduler': 'lc' }),
    ...manyServices(services, services + third, endpoints, {}),
  ];
}

function manyServices(
  from: number,
  to: number,
  endpoints: number,
  annotations: Record<string, string>,
): readonly Raw[] {
  return Array.from({ length: to - from }, (_, offset) => {
    const index = from + offset;
    const place = `${Math.floor(index / 250)}.${(index % 250) + 1}`;
    // The number of endpoints is part of their addresses: another number, other endpoints.
    const addresses = Array.from(
      { length: endpoints },
      (__, which) => `10.${100 + endpoints * 10 + which}.${place}`,
    );
    return serviceWith(`service-${index}`, `10.97.${place}`, addresses, { annotations });
  }).flat();
}
