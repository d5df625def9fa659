import type { Parsed } from '../../src/cluster/fields.ts';
import { parseEndpointSlice } from '../../src/cluster/parse-endpoint-slice.ts';
import { parseService } from '../../src/cluster/parse-service.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import { rawService, rawSlice } from './manifests.ts';

type Raw = Record<string, unknown>;

/** An endpoint of a test's Service: ready on node-b unless it says otherwise. */
export type TestEndpoint =
  string | { readonly address: string; readonly conditions?: Raw; readonly nodeName?: string };

/** As a Deployment's Pods go: no longer ready, still answering. */
export const terminating = { ready: false, serving: true, terminating: true } as const;

export interface TestService {
  readonly clusterIP: string;
  readonly protocol?: 'TCP' | 'UDP';
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Raw;
  /** Of the load balancer. */
  readonly ingress?: readonly string[];
}

/** A store that is completely listed, with the Services `default/NAME` that a test puts there. */
export class TestCluster {
  readonly store = new ClusterStore();

  constructor() {
    this.store.replaceServices([]);
    this.store.replaceSlices([]);
  }

  /** A Service with port 80; its endpoints are given apart. */
  putService(name: string, service: TestService): void {
    const { clusterIP, protocol = 'TCP', annotations = {}, spec = {}, ingress = [] } = service;
    const ports = [{ name: 'http', protocol, port: 80 }];
    const raw = rawService(
      name,
      { clusterIP, clusterIPs: [clusterIP], ports, ...spec },
      { annotations },
    );
    const status = { loadBalancer: { ingress: ingress.map((ip) => ({ ip })) } };
    this.store.setService(valueOf(parseService({ ...raw, status })));
  }

  /** All endpoints of the Service, at target port 8080. */
  putEndpoints(
    service: string,
    endpoints: readonly TestEndpoint[],
    protocol: 'TCP' | 'UDP' = 'TCP',
  ): void {
    const raw = rawSlice(`${service}-${protocol.toLowerCase()}`, service, {
      endpoints: endpoints.map((endpoint) =>
        typeof endpoint === 'string'
          ? { addresses: [endpoint], nodeName: 'node-b' }
          : {
              addresses: [endpoint.address],
              nodeName: endpoint.nodeName ?? 'node-b',
              conditions: endpoint.conditions ?? {},
            },
      ),
      ports: [{ name: 'http', protocol, port: 8080 }],
    });
    this.store.setSlice(valueOf(parseEndpointSlice(raw)));
  }

  /** One more slice of the Service, whose endpoints have this weight. */
  putWeighed(service: string, endpoints: readonly string[], weight: number): void {
    const annotations = { 'kube-ipvs.io/weight': String(weight) };
    const raw = rawSlice(
      `${service}-weight-${weight}`,
      service,
      {
        endpoints: endpoints.map((address) => ({ addresses: [address], nodeName: 'node-b' })),
        ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      },
      { annotations, labels: { 'kubernetes.io/service-name': service } },
    );
    this.store.setSlice(valueOf(parseEndpointSlice(raw)));
  }

  removeService(name: string): void {
    this.store.deleteService(`default/${name}`);
  }
}

function valueOf<T>({ value, problems }: Parsed<T>): T {
  if (value === undefined || problems.length > 0) {
    throw new Error(`the test's own object has problems: ${JSON.stringify(problems)}`);
  }
  return value;
}
