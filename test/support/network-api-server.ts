import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Order } from './api-server-program.ts';
import { asModelObject } from './fault-world.ts';
import { paths } from './model-api.ts';
import type { HostName } from './network.ts';
import { until } from './until.ts';

/** A Kubernetes object. */
type Raw = Record<string, unknown> & { readonly kind?: string };

export const apiServerPort = 6443;

/** An API server on a host of the network, which serves what a test puts there. */
export class NetworkApiServer {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: string[] = [];
  /** What was put, by path and name. */
  readonly #objects = new Map<string, Raw>();

  private constructor(process: ChildProcessByStdio<Writable, Readable, null>) {
    this.#process = process;
    createInterface({ input: process.stdout }).on('line', (line) => this.#lines.push(line));
  }

  static async start(host: HostName): Promise<NetworkApiServer> {
    const program = join(import.meta.dirname, 'api-server-program.ts');
    const args = ['netns', 'exec', host, process.execPath, program, String(apiServerPort)];
    const server = new NetworkApiServer(spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    await until('the API server listens', () => server.#lines.includes('ready'), 60_000);
    return server;
  }

  /** A kubeconfig that leads to this server by an address. */
  async kubeconfig(address: string): Promise<string> {
    const server = `http://${address}:${apiServerPort}`;
    const file = join(tmpdir(), `kube-ipvs-kubeconfig-${address}.json`);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'test', user: {} }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      'current-context': 'test',
    };
    await writeFile(file, JSON.stringify(config));
    return file;
  }

  put(...objects: readonly Raw[]): void {
    this.#order('put', objects);
    objects.forEach((raw) => this.#objects.set(keyOf(raw), raw));
  }

  remove(...objects: readonly Raw[]): void {
    this.#order('remove', objects);
    objects.forEach((raw) => this.#objects.delete(keyOf(raw)));
  }

  /** Removes all objects, and forgets the Events. */
  empty(): void {
    this.remove(...this.#objects.values());
    this.#lines.length = 0;
  }

  /** The notes of the Events about a Service, by reason: `ExternalIPRefused ...`. */
  eventsOf(service: string): readonly string[] {
    return this.#lines
      .filter((line) => line.startsWith('{'))
      .map(
        (line) =>
          // What the program posts are Events alone.
          JSON.parse(line) as { reason: string; note: string; regarding: { name: string } },
      )
      .filter(({ regarding }) => regarding.name === service)
      .map(({ reason, note }) => `${reason} ${note}`);
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.stdin.end();
    await exited;
  }

  #order(what: Order['do'], objects: readonly Raw[]): void {
    for (const raw of objects) {
      const order: Order = { do: what, path: pathOf(raw), object: asModelObject(raw) };
      this.#process.stdin.write(`${JSON.stringify(order)}\n`);
    }
  }
}

function keyOf(raw: Raw): string {
  return `${pathOf(raw)}/${asModelObject(raw).metadata.name}`;
}

function pathOf(raw: Raw): string {
  const { kind = '' } = raw;
  const path = { Service: paths.services, EndpointSlice: paths.slices, Node: paths.nodes }[kind];
  if (path === undefined) {
    throw new Error(`no path for ${kind}`);
  }
  return path;
}
