import assert from 'node:assert/strict';
import { parseEndpointSlice } from '../../src/cluster/parse-endpoint-slice.ts';
import { parseNode } from '../../src/cluster/parse-node.ts';
import { parseService } from '../../src/cluster/parse-service.ts';
import { ClusterStore, type StoreChange } from '../../src/cluster/store.ts';
import { formatProblem } from '../../src/base/problem.ts';
import { ApiServerSource } from '../../src/source/api-server/api-server-source.ts';
import { CountingObserver } from './counting-observer.ts';
import { rawNode, rawService, rawSlice } from './manifests.ts';
import { ModelApi, paths, type ModelObject } from './model-api.ts';
import { ModelTransport } from './model-transport.ts';
import { SimulatedClock } from './simulated-clock.ts';

/** Services that exist all along, each with a slice. */
const lasting = ['keep-a', 'keep-b', 'keep-c'];

/**
 * A source with three reflectors, an API server in memory that can fail in all ways, and
 * a clock that tests move. It notices when the store loses what was right.
 */
export class FaultWorld {
  readonly clock = new SimulatedClock();
  readonly model = new ModelApi(this.clock);
  readonly transport = new ModelTransport(this.model, this.clock);
  readonly store = new ClusterStore();
  readonly observer = new CountingObserver();
  readonly complaints: string[] = [];
  readonly changes: StoreChange[] = [];
  /** What was missing from the store although it existed all along. */
  readonly losses: string[] = [];
  readonly source: ApiServerSource;
  #started: Promise<void> = Promise.resolve();

  constructor() {
    this.source = new ApiServerSource({
      kubeconfig: undefined,
      nodeName: 'node-a',
      onProblem: (problem) => this.complaints.push(formatProblem(problem)),
      transport: this.transport,
      clock: this.clock,
      observer: this.observer,
    });
    this.model.put(paths.nodes, asModelObject(rawNode('node-a')));
    lasting.forEach((name) => {
      this.putService(name);
      this.putSlice(name);
    });
    this.store.onChange((change) => {
      this.changes.push(change);
      this.#lookForLosses();
    });
  }

  /** Starts the source and lets it fill the store. */
  async start(): Promise<void> {
    this.begin();
    await this.clock.advance(0);
    await this.#started;
  }

  /** Starts the source, which may have to wait for the server. */
  begin(): void {
    this.#started = this.source.start(this.store);
  }

  async stop(): Promise<void> {
    const stopped = this.source.stop();
    await this.clock.advance(0);
    await stopped;
    await this.#started;
  }

  putService(name: string, port = 80): void {
    const ports = [{ name: 'http', protocol: 'TCP', port, targetPort: 8080 }];
    this.model.put(paths.services, asModelObject(rawService(name, { ports })));
  }

  removeService(name: string): void {
    this.model.remove(paths.services, asModelObject(rawService(name)));
  }

  putSlice(service: string, address = '10.244.1.1'): void {
    const endpoints = [{ addresses: [address], nodeName: 'node-b' }];
    const slice = rawSlice(`${service}-x1`, service, { endpoints });
    this.model.put(paths.slices, asModelObject(slice));
  }

  removeSlice(service: string): void {
    this.model.remove(paths.slices, asModelObject(rawSlice(`${service}-x1`, service)));
  }

  /** Whether the store holds just what the server has, and lost nothing on the way. */
  assertRight(): void {
    assert.deepEqual(this.losses, []);
    assert.deepEqual(this.held(), this.wanted());
  }

  /** What the store holds. */
  held(): unknown {
    const services = [...this.store.serviceKeys()].sort();
    return {
      node: this.store.node,
      services: services.map((key) => this.store.service(key)),
      slices: this.#knownKeys().map((key) => this.store.slices(key)),
    };
  }

  /** What it should hold. */
  wanted(): unknown {
    const slices = this.model.objects(paths.slices).map((raw) => parseEndpointSlice(raw).value);
    return {
      node: this.model.objects(paths.nodes).map((raw) => parseNode(raw).value)[0],
      services: this.model.objects(paths.services).map((raw) => parseService(raw).value),
      slices: this.#knownKeys().map((key) =>
        slices.filter((slice) => `${slice?.namespace}/${slice?.serviceName}` === key),
      ),
    };
  }

  /** All Services that there ever were in the store. */
  #knownKeys(): readonly string[] {
    const keys = this.changes.flatMap((change) => (change.kind === 'service' ? change.key : []));
    return [...new Set(keys)].sort();
  }

  #lookForLosses(): void {
    if (!this.store.synced) {
      return;
    }
    lasting.forEach((name) => {
      const key = `default/${name}`;
      if (this.store.service(key) === undefined || this.store.slices(key).length === 0) {
        this.losses.push(key);
      }
    });
  }
}

export function asModelObject(raw: Record<string, unknown>): ModelObject {
  // What the support of the tests makes has metadata with a name.
  return raw as ModelObject;
}
