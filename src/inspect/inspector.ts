import { WorkInParts } from '../base/work-in-parts.ts';
import { objectKey, type ObjectKey } from '../cluster/objects.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { DesiredState } from '../desired/desired-state.ts';
import type { ServiceTranslator } from '../desired/service-translator.ts';
import type { VirtualServerId } from '../kernel/ipvs/model.ts';
import { formatVirtualServer } from '../kernel/ipvs/model.ts';
import type { PacketFilterChoice } from '../kernel/packet-filter/choose-packet-filter.ts';
import type { Failing, Failure } from '../reconcile/any-kind-table.ts';
import {
  pageOf,
  type PageRequest,
  type ProblemPage,
  type ServicePage,
  type StrayPage,
  type Summary,
} from './pages.ts';
import type { RefusingVirtualServer } from './statistics/full-book.ts';
import { placeOf, ServiceIndex } from './service-index.ts';
import { matches, type FilterContext, type ServiceFilter } from './service-query.ts';
import { clusterKnowledge } from './views/cluster-knowledge.ts';
import type { ClusterKnowledge, KernelKnowledge } from './views/knowledge.ts';
import {
  failureProblem,
  foreignAtVipProblem,
  limitProblem,
  serviceProblemView,
  serviceTroubleView,
} from './views/make-problem-view.ts';
import { serviceView } from './views/make-service-view.ts';
import type { ProblemView } from './views/problem-view.ts';
import { outlineOf, type ServiceOutline } from './views/service-outline.ts';
import type { ServiceView } from './views/service-view.ts';
import { strayView } from './views/virtual-server-view.ts';

/** The kernel as it is looked at. */
export interface InspectedKernel {
  /** Reads these virtual servers. Rejects where the kernel cannot be read. */
  read(ids: readonly VirtualServerId[]): Promise<KernelKnowledge>;
  /** Those that no Service is known to want, as the kernel was listed last. */
  strays(): readonly VirtualServerId[];
  /** What it does not take: of each kind at most so many. */
  failures(atMost: number): readonly (Failing | Failure)[];
  /** Those that refuse new connections since real servers are full. */
  refusing(): readonly RefusingVirtualServer[];
  /** How many virtual servers have real servers that drain. */
  drainingCount(): number;
  /** Which packet filter is used, and why; null where that is not known. */
  readonly packetFilter: PacketFilterChoice | null;
  /** Whether it is the running daemon that looks: it alone knows since when real servers drain. */
  readonly isDaemon: boolean;
}

export interface InspectorParts {
  readonly version: string;
  readonly store: ClusterStore;
  readonly translator: ServiceTranslator;
  readonly desired: DesiredState;
  readonly kernel: InspectedKernel;
  /** What is wrong with this node besides: the API server is out of reach, an address is taken. */
  nodeProblems(): readonly ProblemView[];
  /** How many virtual servers Services want. */
  virtualServerCount(): number;
  /** The time of day, in milliseconds since 1970. */
  now(): number;
}

/** To find out what becomes of a Service takes as long as many small items. */
const smallItemsPerService = 50;

/** A problem whose words are made where it is shown. */
interface FoundProblem {
  readonly service: string | null;
  view(): ProblemView;
}

/** Of each kind of kernel object, so many that fail are named: they have the same reason mostly. */
const failuresAtMost = 1000;

/**
 * Answers what an operator asks about this node: Services with what is behind them, problems, virtual
 * servers of others. A page costs what is on it; to find what is on it, one look at each Service at most.
 */
export class Inspector {
  readonly #parts: InspectorParts;
  readonly #cluster: ClusterKnowledge;
  readonly #index: ServiceIndex;

  constructor(parts: InspectorParts) {
    this.#parts = parts;
    this.#cluster = clusterKnowledge(parts.store, parts.translator, parts.desired);
    this.#index = new ServiceIndex(parts.store);
  }

  /** One page of the Services that a filter lets through, by name. Rejects where the kernel cannot be read. */
  async services(filter: ServiceFilter, request: PageRequest): Promise<ServicePage> {
    const keys = await this.#keysOf(filter);
    const offset =
      request.from === undefined
        ? request.offset
        : placeOf(keys, request.from.key) - request.from.before;
    const page = pageOf(keys, { ...request, offset });
    return {
      total: page.total,
      offset: page.offset,
      services: await this.#views(page.items),
    };
  }

  /** Undefined where there is no such Service. Rejects where the kernel cannot be read. */
  async service(key: ObjectKey): Promise<ServiceView | undefined> {
    return (await this.#views([key]))[0];
  }

  /** Rejects where the kernel cannot be read. */
  async strays(filter: ServiceFilter, request: PageRequest): Promise<StrayPage> {
    const { kernel } = this.#parts;
    const ids = kernel
      .strays()
      .map((id) => ({ id, key: formatVirtualServer(id) }))
      .filter(({ id, key }) => this.#isStray(id, key, filter))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ id }) => id);
    const { items, total, offset } = pageOf(ids, request);
    const knowledge = await kernel.read(items);
    const virtualServers = items.flatMap((id) => {
      const held = knowledge.held(formatVirtualServer(id));
      return held === undefined ? [] : [strayView(held, this.#cluster, knowledge)];
    });
    return { total, offset, virtualServers };
  }

  /** What is wrong, the node's own problems first. */
  problems(filter: ServiceFilter, request: PageRequest): ProblemPage {
    const isWanted = this.#problemFilter(filter);
    const { items, total, offset } = pageOf([...this.#allProblems()].filter(isWanted), request);
    return { total, offset, problems: items.map((found) => found.view()) };
  }

  summary(): Summary {
    const { store, translator, kernel, version } = this.#parts;
    return {
      node: translator.nodeFacts.nodeName,
      version,
      at: new Date(this.#parts.now()).toISOString(),
      services: this.#index.keys.length,
      virtualServers: this.#parts.virtualServerCount(),
      draining: kernel.drainingCount(),
      strays: kernel.strays().length,
      problems: [...this.#allProblems()].length,
      packetFilter: kernel.packetFilter,
      isDaemon: kernel.isDaemon && store.synced,
    };
  }

  async #keysOf(filter: ServiceFilter): Promise<readonly ObjectKey[]> {
    const { keys } = this.#index;
    const { namespace, service, address, problems, search } = filter;
    const isEverything =
      namespace === undefined && address === undefined && !problems && search.length === 0;
    if (isEverything && service === undefined) {
      return keys;
    }
    const candidates = service === undefined ? [...keys] : [service];
    const context = this.#filterContext();
    const parts = new WorkInParts();
    const found: ObjectKey[] = [];
    for (const key of candidates) {
      const candidate = this.#parts.store.service(key);
      if (candidate !== undefined && matches(candidate, filter, context)) {
        found.push(key);
      }
      if (parts.isOver()) {
        await parts.pause();
      }
    }
    return found;
  }

  #filterContext(): FilterContext {
    const { translator } = this.#parts;
    const nodePortAddresses = new Set(
      translator.nodeFacts.nodePortAddresses.map(({ text }) => text),
    );
    let withProblems: ReadonlySet<string | null> | undefined;
    const endpointsAt = new Map<string, ReadonlySet<ObjectKey>>();
    return {
      isNodePortAddress: ({ text }) => nodePortAddresses.has(text),
      hasEndpointAt: (service, address) => {
        const services =
          endpointsAt.get(address) ?? new Set(translator.servicesWithEndpointAt(address));
        endpointsAt.set(address, services);
        return services.has(service);
      },
      hasProblem: (service) => {
        withProblems ??= new Set(Array.from(this.#allProblems(), (problem) => problem.service));
        return withProblems.has(service);
      },
    };
  }

  async #views(keys: readonly ObjectKey[]): Promise<readonly ServiceView[]> {
    const outlines: ServiceOutline[] = [];
    const parts = new WorkInParts();
    for (const key of keys) {
      const outline = outlineOf(key, this.#cluster);
      if (outline !== undefined) {
        outlines.push(outline);
      }
      if (parts.isOver(smallItemsPerService)) {
        await parts.pause();
      }
    }
    const ids = outlines.flatMap(({ frontEnds }) => frontEnds.map(({ id }) => id));
    const knowledge = await this.#parts.kernel.read(ids);
    const views: ServiceView[] = [];
    parts.begin();
    for (const outline of outlines) {
      views.push(serviceView(outline, this.#cluster, knowledge));
      if (parts.isOver(smallItemsPerService)) {
        await parts.pause();
      }
    }
    return views;
  }

  /** Those that a Service has come to want since the kernel was listed are its own. */
  #isStray(id: VirtualServerId, key: string, filter: ServiceFilter): boolean {
    const { address, namespace, service } = filter;
    const isWanted = this.#cluster.serviceOf(key) !== undefined;
    if (isWanted || namespace !== undefined || service !== undefined) {
      return false;
    }
    if (address !== undefined) {
      return (
        id.kind === 'address' &&
        id.address.equals(address.address) &&
        (address.port === undefined || address.port === id.port)
      );
    }
    const isProblem =
      id.kind === 'address' && this.#cluster.serviceAt(id.address.text) !== undefined;
    return (
      (!filter.problems || isProblem) &&
      filter.search.every((word) => key.toLowerCase().includes(word))
    );
  }

  *#allProblems(): Generator<FoundProblem> {
    const { kernel, translator } = this.#parts;
    for (const problem of this.#parts.nodeProblems()) {
      yield { service: problem.service, view: () => problem };
    }
    const nowMs = this.#parts.now();
    for (const failure of kernel.failures(failuresAtMost)) {
      const service = this.#serviceOf(failure);
      yield { service, view: () => failureProblem(failure, service, nowMs) };
    }
    for (const id of kernel.strays()) {
      const vipOf = id.kind === 'address' ? this.#cluster.serviceAt(id.address.text) : undefined;
      const key = formatVirtualServer(id);
      if (vipOf !== undefined && this.#cluster.serviceOf(key) === undefined) {
        yield { service: vipOf, view: () => foreignAtVipProblem(key, vipOf) };
      }
    }
    for (const refusing of kernel.refusing()) {
      yield { service: refusing.service, view: () => limitProblem(refusing) };
    }
    for (const trouble of translator.troubles()) {
      yield { service: trouble.service, view: () => serviceTroubleView(trouble) };
    }
    for (const problem of translator.problems()) {
      yield { service: objectKey(problem.service), view: () => serviceProblemView(problem) };
    }
  }

  #serviceOf({ kind, key }: Failure): string | null {
    switch (kind) {
      case 'virtual server':
        return this.#cluster.serviceOf(key) ?? null;
      case 'bound address':
        return this.#cluster.serviceAt(key) ?? null;
      default:
        return null;
    }
  }

  /** Problems of a Service go with it; those of no Service are always wanted, but for one Service. */
  #problemFilter(filter: ServiceFilter): (problem: FoundProblem) => boolean {
    const { namespace, service, address, search } = filter;
    if (
      namespace === undefined &&
      service === undefined &&
      address === undefined &&
      search.length === 0
    ) {
      return () => true;
    }
    const context = this.#filterContext();
    const ofServices = { ...filter, problems: false };
    return (problem) => {
      if (problem.service === null) {
        return service === undefined;
      }
      const found = this.#parts.store.service(problem.service);
      return found !== undefined && matches(found, ofServices, context);
    };
  }
}
