import { nodeName, podPort, servicePort, vip, type Pod } from './topology.ts';

/** A Pod as the EndpointSlice has it. */
export interface Endpoint {
  readonly pod: Pod;
  readonly ready: boolean;
}

/** The Service as YAML, with the annotation where a scheduler is given. */
export function serviceManifest(scheduler?: string): string {
  const annotations =
    scheduler === undefined ? '' : `  annotations:\n    kube-ipvs.io/scheduler: ${scheduler}\n`;
  return `apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
${annotations}spec:
  clusterIP: ${vip}
  clusterIPs: [${vip}]
  selector: { app: web }
  ports:
  - { name: http, protocol: TCP, port: ${servicePort}, targetPort: ${podPort} }
`;
}

/** The EndpointSlice of the Service as YAML. */
export function sliceManifest(endpoints: readonly Endpoint[]): string {
  return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: web-x7k2p
  namespace: shop
  labels: { kubernetes.io/service-name: web }
addressType: IPv4
ports:
- { name: http, protocol: TCP, port: ${podPort} }
endpoints:
${endpoints.map(endpointManifest).join('')}`;
}

function endpointManifest({ pod, ready }: Endpoint): string {
  return `- addresses: [${pod.address}]  # ${pod.name}
  conditions: { ready: ${ready ? 'true' : 'false'} }
  nodeName: ${nodeName}
`;
}
