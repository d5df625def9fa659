import { setTimeout as delay } from 'node:timers/promises';
import type { Parsed } from '../../cluster/fields.ts';
import { identify, type Kind } from '../../cluster/metadata.ts';
import {
  objectKey,
  type EndpointSlice,
  type Node,
  type ObjectKey,
  type Service,
} from '../../cluster/objects.ts';
import { parseEndpointSlice } from '../../cluster/parse-endpoint-slice.ts';
import { parseNode } from '../../cluster/parse-node.ts';
import { parseService } from '../../cluster/parse-service.ts';
import type { ClusterStore } from '../../cluster/store.ts';
import type { ProblemListener, Source } from '../source.ts';
import { HttpTransport } from './http-transport.ts';
import { loadKubeConfig } from './kube-config.ts';
import { Reflector, type Clock, type ReflectorTarget } from './reflector.ts';
import { endpointSlices, oneNode, services, type Resource } from './resource.ts';
import type { ApiTransport } from './transport.ts';

export interface ApiServerSourceOptions {
  /** A kubeconfig file; without one the Pod's service account, or kubectl's default. */
  readonly kubeconfig: string | undefined;
  readonly nodeName: string;
  readonly onProblem: ProblemListener;
  /** Instead of one made from the kubeconfig. */
  readonly transport?: ApiTransport;
  readonly clock?: Clock;
}

/** The time of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  random: () => Math.random(),
  sleep: async (ms, signal) => {
    // An aborted sleep has ended early, as it should.
    await delay(ms, undefined, { signal }).catch(() => undefined);
  },
};

/** A Kubernetes API server as the source of the cluster's objects. */
export class ApiServerSource implements Source {
  readonly #options: ApiServerSourceOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];
  #transport: ApiTransport | undefined;

  constructor(options: ApiServerSourceOptions) {
    this.#options = options;
  }

  /** Rejects when the kubeconfig cannot be used; an API server out of reach is waited for. */
  async start(store: ClusterStore): Promise<void> {
    const { kubeconfig, nodeName, transport } = this.#options;
    this.#transport = transport ?? new HttpTransport(await loadKubeConfig(kubeconfig));
    const node = this.#reflect(this.#transport, oneNode(nodeName), this.#nodeTarget(store));
    // The Node goes first: what the Services become depends on its zone. They do not
    // wait for long, though: without a Node they work, in every zone.
    await node.firstAttempt;
    const both = [
      this.#reflect(this.#transport, services, this.#serviceTarget(store)),
      this.#reflect(this.#transport, endpointSlices, this.#sliceTarget(store)),
    ];
    await Promise.all(both.map((reflector) => reflector.firstList));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
    this.#transport?.close();
  }

  #reflect<T>(
    transport: ApiTransport,
    resource: Resource,
    target: ReflectorTarget<T>,
  ): Reflector<T> {
    const { onProblem, clock = systemClock } = this.#options;
    const reflector = new Reflector({ resource, transport, target, clock, onProblem });
    this.#running.push(reflector.run(this.#stop.signal));
    return reflector;
  }

  #serviceTarget(store: ClusterStore): ReflectorTarget<Service> {
    return {
      reduce: (raw) => this.#reported(parseService(raw)),
      replace: (values) => {
        store.replaceServices(values);
      },
      set: (value) => {
        store.setService(value);
      },
      remove: (raw) => {
        withKey('Service', raw, (key) => {
          store.deleteService(key);
        });
      },
    };
  }

  #sliceTarget(store: ClusterStore): ReflectorTarget<EndpointSlice> {
    return {
      reduce: (raw) => this.#reported(parseEndpointSlice(raw)),
      replace: (values) => {
        store.replaceSlices(values);
      },
      set: (value) => {
        store.setSlice(value);
      },
      remove: (raw) => {
        withKey('EndpointSlice', raw, (key) => {
          store.deleteSlice(key);
        });
      },
    };
  }

  #nodeTarget(store: ClusterStore): ReflectorTarget<Node> {
    const own = (node: Node | undefined): Node | undefined =>
      node?.name === this.#options.nodeName ? node : undefined;
    return {
      reduce: (raw) => own(this.#reported(parseNode(raw))),
      replace: (values) => {
        store.setNode(values[0]);
      },
      set: (value) => {
        store.setNode(value);
      },
      remove: () => {
        store.setNode(undefined);
      },
    };
  }

  #reported<T>(parsed: Parsed<T>): T | undefined {
    parsed.problems.forEach(this.#options.onProblem);
    return parsed.value;
  }
}

function withKey(kind: Kind, raw: unknown, act: (key: ObjectKey) => void): void {
  const identity = identify(kind, raw);
  if (identity !== undefined) {
    act(objectKey(identity));
  }
}
