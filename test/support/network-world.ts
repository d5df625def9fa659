import assert from 'node:assert/strict';
import { ExplainedTraffic, type Probe } from './explained-traffic.ts';
import {
  buildNetwork,
  families,
  removeNetwork,
  type Addresses,
  type HostName,
  type NodeName,
} from './network.ts';
import { ManifestFolder, NodeProgram } from './network-program.ts';
import { targetPort } from './network-services.ts';
import {
  TrafficAgent,
  type Listener,
  type Outcome,
  type Question,
  type TrafficProtocol,
} from './traffic.ts';

export const allProtocols: readonly TrafficProtocol[] = ['TCP', 'UDP', 'SCTP'];

export interface WorldOptions {
  readonly objects: readonly unknown[];
  /** Which nodes run kube-ipvs. */
  readonly nodes?: readonly NodeName[];
  /** Who sends, and on what it listens. */
  readonly agents: Readonly<Partial<Record<HostName, readonly Listener[]>>>;
  readonly configuration?: Readonly<Record<string, unknown>>;
}

/** The network with kube-ipvs on its nodes and somebody to send on its hosts. */
export class NetworkWorld {
  readonly folder: ManifestFolder;
  readonly #objects: readonly unknown[];
  /** With which configuration each program runs. */
  readonly #configurations = new Map<NodeName, WorldOptions['configuration']>();
  readonly #probes: Probe[] = [];
  readonly #programs = new Map<NodeName, NodeProgram>();
  readonly #agents = new Map<HostName, TrafficAgent>();

  private constructor(folder: ManifestFolder, objects: readonly unknown[]) {
    this.folder = folder;
    this.#objects = objects;
  }

  static async build(options: WorldOptions): Promise<NetworkWorld> {
    const { objects, nodes = ['node-a'], agents, configuration } = options;
    await buildNetwork();
    const world = new NetworkWorld(await ManifestFolder.make(objects), objects);
    for (const [host, listeners] of Object.entries(agents) as [HostName, Listener[]][]) {
      world.#agents.set(host, await TrafficAgent.start(host, listeners));
    }
    await Promise.all(nodes.map((node) => world.startProgram(node, configuration)));
    return world;
  }

  agent(host: HostName): TrafficAgent {
    const agent = this.#agents.get(host);
    assert.ok(agent, `nobody sends on ${host}`);
    return agent;
  }

  /** Has a client ask by way of its own node, or node-a, and keeps what became of it for `disagreements`. */
  async ask(
    client: HostName,
    question: Question,
    expected: Pick<Probe, 'targetPort' | 'isOneOfSeveral'> = {},
  ): Promise<Outcome> {
    const outcome = await this.agent(client).ask(question);
    const entry = this.#programs.has('node-b') && isOnNodeB(client) ? 'node-b' : 'node-a';
    this.#probes.push({ client, entry, question, outcome, ...expected });
    return outcome;
  }

  /** Where `explain` says something else of what was asked since the last call than became of it. */
  async disagreements(): Promise<readonly string[]> {
    assert.ok(this.#probes.length > 0, 'nothing was asked');
    const configuration = this.#configurations.get('node-a');
    const explained = await ExplainedTraffic.of(
      this.#objects,
      [...this.#programs.keys()],
      configuration,
    );
    return explained.disagreements(this.#probes.splice(0));
  }

  program(node: NodeName = 'node-a'): NodeProgram {
    const program = this.#programs.get(node);
    assert.ok(program, `${node} has no program`);
    return program;
  }

  /** Starts the program of a node, in place of one that runs there. */
  async startProgram(
    node: NodeName,
    configuration?: Readonly<Record<string, unknown>>,
    environment?: Readonly<Record<string, string>>,
  ): Promise<NodeProgram> {
    await this.stopProgram(node);
    const program = await NodeProgram.start(node, this.folder, configuration, environment);
    this.#programs.set(node, program);
    this.#configurations.set(node, configuration);
    return program;
  }

  async stopProgram(node: NodeName): Promise<void> {
    await this.#programs.get(node)?.stop();
  }

  async remove(): Promise<void> {
    await Promise.all([...this.#programs.values()].map((program) => program.stop()));
    await Promise.all([...this.#agents.values()].map((agent) => agent.stop()));
    await this.folder.remove();
    await removeNetwork();
  }
}

function isOnNodeB(host: HostName): boolean {
  return host === 'node-b' || host === 'pod-b1' || host === 'pod-b2';
}

/** Listeners on the target port at both addresses of a Pod or node. */
export function endpointListeners(
  addresses: Addresses,
  protocols: readonly TrafficProtocol[] = allProtocols,
): readonly Listener[] {
  return protocols.flatMap((protocol) =>
    families.map((family) => ({ protocol, address: addresses[family], port: targetPort })),
  );
}
