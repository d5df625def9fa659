import type { ClusterStore } from '../../cluster/store.ts';
import type { ProblemListener, Source } from '../source.ts';
import { ApiServerAddresses, type Lookup } from './api-server-addresses.ts';
import { systemClock, type Clock } from './clock.ts';
import { HttpTransport } from './http-transport.ts';
import { loadKubeConfig, serverUrlsOf } from './kube-config.ts';
import { NodeFollower } from './node-follower.ts';
import { addressNeed, weightNeed, type NodeNeed } from './node-needs.ts';
import { noObserver, type ReflectorObserver } from './reflector-observer.ts';
import { Reflector, type ReflectorOptions, type ReflectorTarget } from './reflector.ts';
import {
  allNodes,
  endpointSlices,
  nodeMetadata,
  oneNode,
  services,
  type Resource,
} from './resource.ts';
import {
  namedNodeTarget,
  nodeTarget,
  nodeWeightTarget,
  serviceTarget,
  sliceTarget,
} from './store-targets.ts';
import type { ApiTransport } from './transport.ts';

export interface ApiServerSourceOptions {
  /** A kubeconfig file; without one the Pod's service account, or kubectl's default. */
  readonly kubeconfig: string | undefined;
  /** The API server's address instead of the one of the kubeconfig or the Pod. */
  readonly server?: string | undefined;
  readonly nodeName: string;
  readonly onProblem: ProblemListener;
  readonly observer?: ReflectorObserver;
  /** Instead of one made from the kubeconfig. */
  readonly transport?: ApiTransport;
  readonly clock?: Clock;
  /** Instead of the system's resolver. */
  readonly lookup?: Lookup;
}

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
    const { nodeName, onProblem } = this.#options;
    const transport = this.#options.transport ?? (await this.#openTransport(store));
    this.#transport = transport;
    const node = this.#reflect(
      transport,
      oneNode(nodeName),
      nodeTarget(store, nodeName, onProblem),
    );
    // The Node goes first: what the Services become depends on its zone. They do not
    // wait for long, though: without a Node they work, in every zone.
    await node.firstAttempt;
    const both = [
      this.#reflect(transport, services, serviceTarget(store, onProblem)),
      this.#reflect(transport, endpointSlices, sliceTarget(store, onProblem)),
    ];
    const followers = [
      this.#followNodes(addressNeed(store), store, (options) => {
        const target = namedNodeTarget(store);
        return new Reflector({ ...options, resource: allNodes, transport, target });
      }),
      this.#followNodes(weightNeed(store), store, (options) => {
        const target = nodeWeightTarget(store);
        return new Reflector({ ...options, resource: nodeMetadata, transport, target });
      }),
    ];
    await Promise.all(both.map((reflector) => reflector.firstList));
    await Promise.all(followers.map((follower) => follower.settled()));
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the source is stopped'));
    await Promise.all(this.#running);
    this.#transport?.close();
  }

  /** The Nodes are asked for as soon as a Service needs them. */
  #followNodes<T>(
    need: NodeNeed,
    store: ClusterStore,
    reflectorOf: (
      options: Pick<ReflectorOptions<T>, 'clock' | 'onProblem' | 'observer'>,
    ) => Reflector<T>,
  ): NodeFollower {
    const { onProblem, clock = systemClock, observer = noObserver } = this.#options;
    const follower = new NodeFollower({
      store,
      need,
      clock,
      onProblem,
      follow: async (signal, failed) => {
        const observed: ReflectorObserver = {
          ...observer,
          failed: (...args) => {
            observer.failed(...args);
            failed(args[2]);
          },
        };
        await reflectorOf({ clock, onProblem, observer: observed }).run(signal);
      },
    });
    this.#running.push(follower.run(this.#stop.signal));
    return follower;
  }

  async #openTransport(store: ClusterStore): Promise<ApiTransport> {
    const { kubeconfig: file, server, clock = systemClock, lookup } = this.#options;
    const { observer = noObserver } = this.#options;
    const addresses = new ApiServerAddresses({
      clock,
      changed: (servers) => {
        store.setApiServers(servers);
      },
      ...(lookup === undefined ? {} : { lookup }),
    });
    const reload = async (): ReturnType<typeof loadKubeConfig> => {
      const config = await loadKubeConfig({ file, server });
      addresses.setUrls(serverUrlsOf(config, { file, server }));
      return config;
    };
    const config = await reload();
    this.#running.push(addresses.run(this.#stop.signal));
    return new HttpTransport(config, {
      reload,
      sent: () => {
        observer.sent();
      },
      answered: (address, port) => {
        addresses.answered(address, port);
      },
      requested: (...answer) => {
        observer.answered(...answer);
      },
    });
  }

  #reflect<T>(
    transport: ApiTransport,
    resource: Resource,
    target: ReflectorTarget<T>,
  ): Reflector<T> {
    const { onProblem, clock = systemClock, observer = noObserver } = this.#options;
    const reflector = new Reflector({ resource, transport, target, clock, onProblem, observer });
    this.#running.push(reflector.run(this.#stop.signal));
    return reflector;
  }
}
