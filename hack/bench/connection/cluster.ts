import type { GoldenCase } from '../../../test/support/golden.ts';
import { listOf, nodeName, type KubernetesObject } from '../synthetic-cluster.ts';

/** One Service of TCP and UDP with one Pod, and who connects to it. */
export const vip = '10.96.0.1';
export const pod = '10.244.0.1';
export const podClient = '10.244.1.1';
export const outsideClient = '192.0.2.1';
export const port = 80;
export const podPort = 8080;
/** That of the golden cases, whose rules name it. */
export const clusterCIDR = '10.244.0.0/16';

const protocols = ['TCP', 'UDP'] as const;

/** What kube-ipvs reads. */
export function manifest(): KubernetesObject {
  const named = (of: 'service' | 'slice') =>
    protocols.map((protocol) => ({
      name: protocol.toLowerCase(),
      protocol,
      ...(of === 'service' ? { port, targetPort: podPort } : { port: podPort }),
    }));
  return listOf([
    { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { type: 'ClusterIP', clusterIP: vip, clusterIPs: [vip], ports: named('service') },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'web-1',
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': 'web' },
      },
      addressType: 'IPv4',
      ports: named('slice'),
      endpoints: [{ addresses: [pod], conditions: { ready: true }, nodeName }],
    },
  ]);
}

/** The same in the words of a golden case, with these rules. */
export function likeGoldenCase(iptables: readonly string[]): GoldenCase['expected'] {
  const expected = {
    iptables,
    virtualServers: protocols.map((protocol) => ({
      protocol,
      address: `${vip}:${port}`,
      scheduler: 'rr',
      realServers: [{ address: `${pod}:${podPort}`, method: 'masq', weight: 1 } as const],
    })),
    boundAddresses: [`${vip}/32`],
    ipsets: {
      'KUBE-CLUSTER-IP': protocols.map((protocol) => `${vip},${protocol.toLowerCase()}:${port}`),
      'KUBE-LOOP-BACK': protocols.map(
        (protocol) => `${pod},${protocol.toLowerCase()}:${podPort},${pod}`,
      ),
      'KUBE-IPVS-IPS': [vip],
    },
  };
  return expected;
}
