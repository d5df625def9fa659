import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { clusterCidr, inHost, type NodeName } from './network.ts';
import { programEnvironment, programFile } from './program.ts';
import { until } from './until.ts';

/** A folder of manifests that programs follow, with one file. */
export class ManifestFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(objects: readonly unknown[]): Promise<ManifestFolder> {
    const folder = new ManifestFolder(await mkdtemp(join(tmpdir(), 'kube-ipvs-manifests-')));
    await folder.put(objects);
    return folder;
  }

  /** Replaces all objects at once. */
  async put(objects: readonly unknown[]): Promise<void> {
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    await writeFile(join(this.path, '.objects.json'), text);
    await rename(join(this.path, '.objects.json'), join(this.path, 'objects.json'));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}

/** A line of the log. */
interface LogEntry {
  readonly level: string;
  readonly msg: string;
}

/** `kube-ipvs run` in the network namespace of a node. */
export class NodeProgram {
  readonly #process: ChildProcessByStdio<null, null, Readable>;
  readonly #log: LogEntry[] = [];

  private constructor(process: ChildProcessByStdio<null, null, Readable>) {
    this.#process = process;
    createInterface({ input: process.stderr }).on('line', (line) => {
      this.#log.push(entryOf(line));
    });
  }

  /** Starts it; `configuration` are fields of the KubeProxyConfiguration, `environment` comes on top. */
  static async launch(
    node: NodeName,
    source: ManifestFolder | { readonly kubeconfig: string },
    configuration: Readonly<Record<string, unknown>> = {},
    environment: Readonly<Record<string, string>> = {},
  ): Promise<NodeProgram> {
    const file = await configurationFile(node, configuration);
    const from =
      'kubeconfig' in source ? ['--kubeconfig', source.kubeconfig] : ['--manifests', source.path];
    const args = ['run', ...from, '--node-name', node, '--config', file];
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const words = ['/usr/bin/env', ...variables, process.execPath, programFile, ...args];
    const command = ['netns', 'exec', node, ...words];
    return new NodeProgram(
      spawn('ip', [...command, '--log-format', 'json'], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: programEnvironment,
      }),
    );
  }

  /** Starts it and waits until the kernel is synced. */
  static async start(...args: Parameters<typeof NodeProgram.launch>): Promise<NodeProgram> {
    const started = await NodeProgram.launch(...args);
    await started.synced();
    return started;
  }

  get messages(): readonly string[] {
    return this.#log.map(({ msg }) => msg);
  }

  /** What it complained of: warnings and errors. */
  get complaints(): readonly string[] {
    return this.#log
      .filter(({ level }) => level !== 'info' && level !== 'debug')
      .map(({ msg }) => msg);
  }

  /** Waits until the kernel was synced for the first time. */
  async synced(): Promise<void> {
    await until(
      'the kernel is synced',
      () => {
        if (this.#process.exitCode !== null) {
          throw new Error(`kube-ipvs ended: ${this.messages.join('\n')}`);
        }
        return this.messages.includes('kernel synced');
      },
      100_000,
    );
  }

  /** Holds it up for as long as something takes. */
  async pausedDuring(run: () => Promise<void>): Promise<void> {
    this.#process.kill('SIGSTOP');
    try {
      await run();
    } finally {
      this.#process.kill('SIGCONT');
    }
  }

  /** Ends it; the kernel keeps what it has. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Ends it so that it can do nothing more. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill(signal);
      await exited;
    }
  }
}

/** Runs another command of kube-ipvs on a node, to its end; its standard output. */
export async function runOnNode(
  node: NodeName,
  args: readonly string[],
  configuration: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const file = await configurationFile(node, configuration);
  const words = [process.execPath, programFile, ...args, '--config', file];
  const command = words.map((word) => `'${word}'`).join(' ');
  return inHost(node, command);
}

async function configurationFile(
  node: NodeName,
  configuration: Readonly<Record<string, unknown>>,
): Promise<string> {
  const file = join(tmpdir(), `kube-ipvs-${node}.json`);
  const fields = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clusterCIDR: clusterCidr,
    ...configuration,
  };
  await writeFile(file, JSON.stringify(fields));
  return file;
}

function entryOf(line: string): LogEntry {
  try {
    return JSON.parse(line) as LogEntry; // the log's own form
  } catch {
    return { level: 'error', msg: line };
  }
}
