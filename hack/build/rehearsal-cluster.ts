import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/**
 * A cluster of a few Services, and what happens to it while it is watched: what a program does with
 * these is what it does most on a node.
 */
const count = 5;
const node = { kind: 'Node', metadata: { name: 'node', resourceVersion: '1' } };

type ApiObject = Readonly<Record<string, unknown>>;

function service(index: number): ApiObject {
  const clusterIP = `10.96.0.${10 + index}`;
  const isNodePort = index === 0;
  return {
    kind: 'Service',
    metadata: metadataOf(`web-${index}`),
    spec: {
      type: isNodePort ? 'NodePort' : 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, ...(isNodePort ? { nodePort: 30_080 } : {}) },
        { name: 'dns', protocol: 'UDP', port: 53 },
      ],
    },
  };
}

function slice(index: number, endpoints: number): ApiObject {
  return {
    kind: 'EndpointSlice',
    metadata: {
      ...metadataOf(`web-${index}-1`),
      labels: { 'kubernetes.io/service-name': `web-${index}` },
    },
    addressType: 'IPv4',
    ports: [
      { name: 'http', protocol: 'TCP', port: 8080 },
      { name: 'dns', protocol: 'UDP', port: 5353 },
    ],
    endpoints: Array.from({ length: endpoints }, (_, number) => ({
      addresses: [`10.128.${index}.${number + 1}`],
      nodeName: 'node',
      conditions: { ready: true, serving: true, terminating: false },
    })),
  };
}

function metadataOf(name: string): ApiObject {
  return { name, namespace: 'default', uid: name, resourceVersion: '1' };
}

interface Resource {
  readonly kind: string;
  readonly items: readonly ApiObject[];
  readonly events: readonly (readonly [type: string, object: ApiObject])[];
}

const indices = Array.from({ length: count }, (_, index) => index);

/** An endpoint more, one less, as it was before; and a Service that goes. */
const resources: Readonly<Record<string, Resource>> = {
  nodes: { kind: 'NodeList', items: [node], events: [] },
  services: {
    kind: 'ServiceList',
    items: indices.map(service),
    events: [['DELETED', service(count - 1)]],
  },
  endpointslices: {
    kind: 'EndpointSliceList',
    items: indices.map((index) => slice(index, 3)),
    events: [4, 2, 3].flatMap((endpoints) =>
      indices.map((index) => ['MODIFIED', slice(index, endpoints)] as const),
    ),
  },
};

const betweenEventsMs = 50;

/** An API server with it; `quiet` is called a while after all has happened. */
export function rehearsalServer(quiet: () => void): Server {
  return createServer((request, response) => {
    answer(request, response, quiet);
  });
}

function answer({ url = '' }: IncomingMessage, response: ServerResponse, quiet: () => void): void {
  const name = /\/(nodes|services|endpointslices)\b/.exec(url)?.[1];
  const { kind, items, events } = resources[name ?? ''] ?? { kind: 'Event', items: [], events: [] };
  if (!url.includes('watch=')) {
    response.end(JSON.stringify({ kind, metadata: { resourceVersion: '1' }, items }));
    return;
  }
  response.flushHeaders();
  events.forEach(([type, object], index) => {
    setTimeout(
      () => response.write(`${JSON.stringify({ type, object })}\n`),
      (index + 1) * betweenEventsMs,
    );
  });
  if (name === 'endpointslices') {
    setTimeout(quiet, (events.length + 10) * betweenEventsMs);
  }
}
