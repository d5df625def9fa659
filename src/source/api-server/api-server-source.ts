import type { ClusterStore } from '../../cluster/store.ts';
import type { ProblemListener, Source } from '../source.ts';
import { systemClock, type Clock } from './clock.ts';
import { HttpTransport } from './http-transport.ts';
import { loadKubeConfig } from './kube-config.ts';
import { noObserver, type ReflectorObserver } from './reflector-observer.ts';
import { Reflector, type ReflectorTarget } from './reflector.ts';
import { endpointSlices, oneNode, services, type Resource } from './resource.ts';
import { nodeTarget, serviceTarget, sliceTarget } from './store-targets.ts';
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
    const transport = this.#options.transport ?? (await this.#openTransport());
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
    await Promise.all(both.map((reflector) => reflector.firstList));
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the source is stopped'));
    await Promise.all(this.#running);
    this.#transport?.close();
  }

  async #openTransport(): Promise<ApiTransport> {
    const { kubeconfig: file, server } = this.#options;
    const reload = (): ReturnType<typeof loadKubeConfig> => loadKubeConfig({ file, server });
    return new HttpTransport(await reload(), { reload });
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
