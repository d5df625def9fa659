import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeOptionsOf } from './node-options.ts';

/**
 * Fills V8's compile cache of the program beside this file: compiled code, that a start takes
 * instead of compiling the text again. It holds what one run of `plan` against an API server has
 * compiled, and serves the Node.js alone that it was made with: the same version, architecture,
 * user and options; another one passes it over.
 */
const program = join(__dirname, 'kube-ipvs.js');
const cache = join(__dirname, 'compile-cache');
/** Besides those that `plan` has need of: what `run` loads at its start. */
const packages = ['prom-client', 'js-yaml', 'yaml'];

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-compile-cache.'));
  const server = createServer(answer).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    rmSync(cache, { recursive: true, force: true });
    // The program uses a cache where there is a folder for it, and makes none.
    mkdirSync(cache);
    // A server that listens on TCP has an address of this type.
    const { port } = server.address() as AddressInfo;
    await node([program, 'plan', ...inputs(folder, `http://127.0.0.1:${port}`)]);
    await node(['-e', loadPackages]);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
  if (readdirSync(cache).length === 0) {
    throw new Error('the program has left nothing in the compile cache');
  }
}

const loadPackages = [
  `require('node:module').enableCompileCache(${JSON.stringify({ directory: cache, portable: true })})`,
  ...packages.map((name) => `require(${JSON.stringify(join(__dirname, 'packages', name))})`),
].join(';');

/** The exit status says nothing here: the kernel of a builder need not have anything. */
async function node(args: readonly string[]): Promise<void> {
  await once(
    spawn(process.execPath, [...nodeOptionsOf(program), ...args], { stdio: 'ignore' }),
    'exit',
  );
}

function inputs(folder: string, server: string): readonly string[] {
  const kubeconfig = join(folder, 'kubeconfig');
  const config = join(folder, 'config');
  writeFileSync(kubeconfig, kubeConfigText(server));
  writeFileSync(config, configText(kubeconfig));
  return [`--config=${config}`, '--node-name=node'];
}

function kubeConfigText(server: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: default
  cluster: { server: "${server}", insecure-skip-tls-verify: true }
contexts:
- name: default
  context: { cluster: default, user: default }
current-context: default
users:
- name: default
  user: { token: none }
`;
}

function configText(kubeconfig: string): string {
  return `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ipvs
clientConnection:
  kubeconfig: ${kubeconfig}
`;
}

const metadata = { name: 'web', namespace: 'default' };
const items: Readonly<Record<string, object>> = {
  NodeList: { metadata: { name: 'node' } },
  ServiceList: {
    metadata,
    spec: { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'], ports: [{ port: 80 }] },
  },
  EndpointSliceList: {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ port: 80 }],
    endpoints: [{ addresses: ['10.128.0.1'] }],
  },
};

/** A list of one object; watches are left without an answer. */
function answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
  if (!url.includes('watch=')) {
    const name = /\/(node|service|endpointslice)s\b/.exec(url)?.[1];
    const kind = { node: 'NodeList', service: 'ServiceList' }[name ?? ''] ?? 'EndpointSliceList';
    const list = { kind, metadata: { resourceVersion: '1' }, items: [items[kind]] };
    response.end(JSON.stringify(list));
  }
}

main().catch((error: unknown) => {
  console.error('fill-compile-cache:', error);
  process.exitCode = 1;
});
