/** The size of a cluster. */
export interface ClusterSize {
  readonly services: number;
  readonly endpoints: number;
}

/** An object as the API server writes it. */
export type KubernetesObject = Readonly<Record<string, unknown>>;

export const nodeName = 'node-a';
const port = 80;
export const targetPort = 8080;

/** 10.96.0.0/12 and 10.128.0.0/9: as a cluster has them, and without any address twice. */
const firstVip = 0x0a60_0001;
const firstEndpoint = 0x0a80_0001;
/** 100.64.0.0/10, which none of the above is in. */
const firstMoreEndpoint = 0x6440_0001;

/** Services of one cluster IP and one TCP port, each with one EndpointSlice, as a `List`. */
export function clusterManifest(size: ClusterSize): KubernetesObject {
  return listOf(clusterObjects(size));
}

/** What that list holds. */
export function clusterObjects(size: ClusterSize): readonly KubernetesObject[] {
  const indexes = Array.from({ length: size.services }, (_, index) => index);
  return [
    { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } },
    ...indexes.map(serviceObject),
    ...indexes.map((index) => endpointSliceObject(index, size.endpoints)),
  ];
}

export function listOf(items: readonly KubernetesObject[]): KubernetesObject {
  return { apiVersion: 'v1', kind: 'List', items };
}

/** The same table in the words of `ipvsadm -Sn`, which `ipvsadm --restore` reads. */
export function restoreText({ services, endpoints }: ClusterSize): string {
  const lines: string[] = [];
  for (let index = 0; index < services; index += 1) {
    const virtualServer = `${vip(index)}:${port}`;
    lines.push(`-A -t ${virtualServer} -s rr`);
    for (let position = 0; position < endpoints; position += 1) {
      const realServer = `${endpointAddress(index, position, endpoints)}:${targetPort}`;
      lines.push(`-a -t ${virtualServer} -r ${realServer} -m -w 1`);
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** The VIPs of the cluster, one for each Service. */
export function vips({ services }: ClusterSize): string[] {
  return Array.from({ length: services }, (_, index) => vip(index));
}

/** One Service, as the API server writes it. */
export function serviceObject(index: number): KubernetesObject {
  const address = vip(index);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: name(index),
      namespace: namespace(index),
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      creationTimestamp: '2025-01-01T00:00:00Z',
      labels: { app: name(index) },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: address,
      clusterIPs: [address],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      ports: [{ name: 'http', protocol: 'TCP', port, targetPort }],
      selector: { app: name(index) },
      sessionAffinity: 'None',
    },
    status: { loadBalancer: {} },
  };
}

/** The slice of a Service: its endpoints, and perhaps more at addresses of their own. */
export function endpointSliceObject(
  index: number,
  endpoints: number,
  more: readonly string[] = [],
): KubernetesObject {
  const own = Array.from({ length: endpoints }, (_, position) =>
    endpointAddress(index, position, endpoints),
  );
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name(index)}-x7k2p`,
      namespace: namespace(index),
      labels: { 'kubernetes.io/service-name': name(index) },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: targetPort }],
    endpoints: [...own, ...more].map((address, position) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${position}`,
      targetRef: {
        kind: 'Pod',
        name: `${name(index)}-${position}`,
        namespace: namespace(index),
      },
    })),
  };
}

/** Addresses for endpoints that come later, no two of them the same. */
export function moreEndpointAddress(number: number): string {
  return formatIpv4(firstMoreEndpoint + number);
}

/** The virtual server of a Service: its VIP and port. */
export function frontEnd(index: number): { readonly address: string; readonly port: number } {
  return { address: vip(index), port };
}

function name(index: number): string {
  return `web-${index}`;
}

function namespace(index: number): string {
  return `team-${index % 50}`;
}

function vip(index: number): string {
  return formatIpv4(firstVip + index);
}

/** An endpoint of a Service of so many. */
export function endpointAddress(index: number, position: number, endpoints: number): string {
  return formatIpv4(firstEndpoint + index * endpoints + position);
}

function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}
