import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A resource as an API server's discovery names it. */
interface DiscoveredResource {
  readonly name: string;
  readonly singularName: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'] as const;

function resource(name: string, kind: string, namespaced: boolean): DiscoveredResource {
  return { name, singularName: kind.toLowerCase(), kind, namespaced, verbs };
}

/** By API version: the kinds that the manifests have, and no more. */
const resources: Readonly<Record<string, readonly DiscoveredResource[]>> = {
  v1: [
    resource('configmaps', 'ConfigMap', true),
    resource('serviceaccounts', 'ServiceAccount', true),
  ],
  'apps/v1': [resource('daemonsets', 'DaemonSet', true)],
  'rbac.authorization.k8s.io/v1': [
    resource('clusterroles', 'ClusterRole', false),
    resource('clusterrolebindings', 'ClusterRoleBinding', false),
  ],
};

/**
 * As much of an API server as `kubectl apply --dry-run=client` asks for: which kinds there are.
 * No object exists, and nothing is kept.
 */
export class DiscoveryServer {
  readonly #server: Server;
  /** Method and path of each request that could have changed something. */
  readonly changes: string[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      if (request.method !== 'GET') {
        this.changes.push(`${String(request.method)} ${path}`);
      }
      const body = discovery(path);
      response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(body ?? notFound));
    });
  }

  static async start(): Promise<DiscoveryServer> {
    const discoveryServer = new DiscoveryServer();
    discoveryServer.#server.listen(0, '127.0.0.1');
    await once(discoveryServer.#server, 'listening');
    return discoveryServer;
  }

  get url(): string {
    // It listens on a port, not on a path.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const notFound = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: 'NotFound',
  code: 404,
};

function discovery(path: string): object | undefined {
  switch (path) {
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'] };
    case '/apis':
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups() };
    case '/version':
      return { major: '1', minor: '36', gitVersion: 'v1.36.0' };
    default: {
      const groupVersion = path.replace(/^\/apis?\//, '');
      const found = resources[groupVersion];
      return found && { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: found };
    }
  }
}

function groups(): readonly object[] {
  return Object.keys(resources)
    .filter((groupVersion) => groupVersion.includes('/'))
    .map((groupVersion) => {
      const [name, version] = groupVersion.split('/');
      const preferredVersion = { groupVersion, version };
      return { name, versions: [preferredVersion], preferredVersion };
    });
}
