import type { ChildProcess } from 'node:child_process';
import { becomesTrue, StepFailure } from './check.ts';
import type { Answer } from './client-protocol.ts';
import { Clients } from './client-process.ts';
import { KubeIpvs } from './kube-ipvs.ts';
import { ipvsadmRules, readKernelTable, type ListedVirtualServer } from './kernel-table.ts';
import { ManifestFolder } from './manifest-folder.ts';
import { buildNetwork } from './network.ts';
import { startInPod } from './pod-process.ts';
import { commandOutput, fileChange, passed } from './screen.ts';
import { podPort, pods, servicePort, vip } from './topology.ts';

/** Ample for a change that takes a tenth of a second, on a machine with other work. */
const kernelLimitMs = 5000;
const startLimitMs = 30_000;

const requestsPerClient = 12;
export const virtualServer = `${vip}:${servicePort}`;

/** Everything on the stage: the node's network, the Pods, the clients, and kube-ipvs. */
export class Stage {
  readonly #folder: ManifestFolder;
  readonly #servers: readonly ChildProcess[];
  readonly clients: Clients;
  readonly kubeIpvs: KubeIpvs;
  /** How long each change took from the file to the kernel, in milliseconds. */
  readonly delaysMs: number[] = [];

  private constructor(
    folder: ManifestFolder,
    servers: readonly ChildProcess[],
    clients: Clients,
    kubeIpvs: KubeIpvs,
  ) {
    this.#folder = folder;
    this.#servers = servers;
    this.clients = clients;
    this.kubeIpvs = kubeIpvs;
  }

  /** Builds the network and starts all processes; kube-ipvs with an empty folder. */
  static async build(): Promise<Stage> {
    await buildNetwork();
    const folder = await ManifestFolder.create();
    const kubeIpvs = new KubeIpvs(folder.path);
    const [clients, ...servers] = await Promise.all([
      Clients.start(),
      ...pods.map(({ name, delayMs }) =>
        startInPod(name, 'pod-server', [name, String(podPort), String(delayMs)]),
      ),
    ]);
    const stage = new Stage(folder, servers, clients, kubeIpvs);
    await stage.#waitForFirstRound();
    return stage;
  }

  /**
   * Writes manifests and waits until the kernel holds what they mean; prints what was changed and
   * how long it took. Throws StepFailure when the kernel does not come to hold it.
   */
  async change(
    files: Readonly<Record<string, string>>,
    meaning: string,
    holds: (listed: ListedVirtualServer | undefined) => boolean,
  ): Promise<void> {
    const changes = new Map<string, Awaited<ReturnType<ManifestFolder['write']>>>();
    const startedAt = performance.now();
    for (const [name, text] of Object.entries(files)) {
      changes.set(name, await this.#folder.write(name, text));
    }
    let listed: ListedVirtualServer | undefined;
    const held = await becomesTrue(async () => {
      listed = (await readKernelTable()).find(({ address }) => address === virtualServer);
      return holds(listed) || !this.kubeIpvs.isRunning;
    }, kernelLimitMs);
    const delayMs = performance.now() - startedAt;
    changes.forEach((changed, name) => {
      fileChange(name, changed);
    });
    if (!held || !holds(listed)) {
      throw new StepFailure(
        `${meaning} within ${kernelLimitMs} ms`,
        this.kubeIpvs.isRunning ? describe(listed) : 'kube-ipvs has ended',
      );
    }
    passed(`${meaning}, ${Math.round(delayMs)} ms after the file`);
    this.delaysMs.push(delayMs);
  }

  /**
   * Prints the rules as ipvsadm has them, or those of virtual servers alone; checks that they
   * are, real servers included, the expected ones.
   */
  async showRules(expected: readonly string[], shown: 'all' | 'virtual servers'): Promise<void> {
    const rules = await ipvsadmRules();
    if (shown === 'all') {
      commandOutput('ipvsadm -Sn', rules);
    } else {
      const virtualServers = rules.filter((rule) => rule.startsWith('-A'));
      commandOutput("ipvsadm -Sn | grep '^-A'", virtualServers);
    }
    const holds = rules.toSorted().join('\n') === expected.toSorted().join('\n');
    if (!holds) {
      throw new StepFailure(
        `ipvsadm shows these rules:\n${indented(expected)}`,
        `\n${indented(rules)}`,
      );
    }
  }

  /** Four clients make twelve requests each, at the same time; all must be answered. */
  async load(): Promise<readonly Answer[]> {
    const answers = await this.clients.do({ kind: 'load', requestsPerClient });
    const errors = answers.flatMap(({ error }) => error ?? []);
    if (errors.length > 0) {
      throw new StepFailure(
        `all ${answers.length} requests are answered`,
        `${errors.length} are not: ${[...new Set(errors)].join(', ')}`,
      );
    }
    return answers;
  }

  /** Where the manifests are. */
  get folder(): string {
    return this.#folder.path;
  }

  async #waitForFirstRound(): Promise<void> {
    const { kubeIpvs } = this;
    await becomesTrue(
      () => kubeIpvs.log.includes('kernel synced') || !kubeIpvs.isRunning,
      startLimitMs,
    );
    if (!kubeIpvs.log.includes('kernel synced')) {
      throw new StepFailure('kube-ipvs starts', `its log: ${kubeIpvs.log.join('\n')}`);
    }
  }

  /** Ends all processes. */
  async strike(): Promise<void> {
    await this.kubeIpvs.stop();
    this.clients.stop();
    this.#servers.forEach((server) => server.kill());
  }
}

function describe(listed: ListedVirtualServer | undefined): string {
  if (listed === undefined) {
    return `no virtual server ${virtualServer}`;
  }
  const realServers = [...listed.weights].map(([address, weight]) => `${address} weight ${weight}`);
  return `${virtualServer} ${listed.scheduler} with ${realServers.join(', ') || 'no real server'}`;
}

function indented(texts: readonly string[]): string {
  return texts.length === 0 ? '    (nothing)' : texts.map((text) => `    ${text}`).join('\n');
}
