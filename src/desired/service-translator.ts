import { asError } from '../base/as-error.ts';
import type { EndpointSlice, ObjectKey, Service } from '../cluster/objects.ts';
import type { ClusterStore, StoreChange } from '../cluster/store.ts';
import { EndpointIndex } from './endpoint-index.ts';
import { withClaims } from './claimed-front-ends.ts';
import { hasVipIn, isExternal } from './external-services.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { KnownNodeFacts } from './known-node-facts.ts';
import { apiServerService, OtherHosts } from './other-hosts.ts';
import { noChange, ServiceClaims, type DesiredChange, type DesiredState } from './desired-state.ts';
import { ReportedProblems } from './reported-problems.ts';
import type { Decision } from '../translate/decisions.ts';
import type { NodeFacts } from '../translate/node-facts.ts';
import { ClaimConflicts } from './claim-conflicts.ts';
import { usualMarkMask } from '../net/mark-mask.ts';
import { MarkBook } from './mark-book.ts';
import type { AddressWithPortRanges } from '../kernel/packet-filter/packet-filter.ts';
import type { HealthCheck, Translation } from '../translate/desired.ts';
import type { NodePortAddresses } from '../translate/node-addresses.ts';
import { OutlierBook } from '../outliers/outlier-book.ts';
import { watchedOf } from '../translate/ejection.ts';
import type { Scheduler } from '../kernel/ipvs/schedulers.ts';
import type { Traffic } from '../translate/front-end.ts';
import type { ServiceProblem, ServiceProblemReason } from '../translate/service-problem.ts';
import { ServiceTroubles, type ServiceTrouble } from './service-troubles.ts';
import { translateService, type TranslationSettings } from '../translate/translate-service.ts';

export interface TranslatorOptions {
  readonly nodeName: string;
  readonly nodePortAddresses: NodePortAddresses;
  readonly translation: TranslationSettings;
  /** Is told which virtual servers to watch, and says which of their real servers fail. */
  readonly outliers?: OutlierBook;
  /** The bits that packet marks of port ranges may have; the usual ones where it is left out. */
  readonly portRangeMarks?: number;
}

export interface TranslatorListener {
  /** Called when a problem appears, not again while it lasts. */
  problem(problem: ServiceProblem): void;
  /** A Service could not be translated, which should not be. */
  mistake(service: ObjectKey, error: Error): void;
  /** What load balancers are to be told about a Service now; undefined for nothing. */
  healthCheck(service: ObjectKey, healthCheck: HealthCheck | undefined): void;
}

/** What a Service became when it was translated last, and from what. */
interface Translated {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  readonly translation: Translation;
  readonly claims: ServiceClaims;
}

/** Where the turn of a Service has changed claims. */
interface Claimed {
  readonly virtualServers: Set<string>;
  readonly portRangesAt: Set<string>;
}

const noSlices: readonly EndpointSlice[] = Object.freeze([]);

/**
 * Keeps the desired state equal to the store and the node, one changed Service at a time.
 */
export class ServiceTranslator {
  readonly #store: ClusterStore;
  readonly #desired: DesiredState;
  #translation: TranslationSettings;
  readonly #listener: TranslatorListener;
  readonly #place: KnownNodeFacts;
  readonly #otherHosts: OtherHosts;
  readonly #outliers: OutlierBook;
  readonly #marks: MarkBook;
  readonly #problems: ReportedProblems;
  readonly #conflicts: ClaimConflicts;
  readonly #troubles = new ServiceTroubles();
  readonly #endpoints = new EndpointIndex();
  readonly #translated = new Map<ObjectKey, Translated>();
  #dirty = new Set<ObjectKey>();
  /** Those with node ports or external VIPs: only they care for the node's addresses. */
  readonly #external = new Set<ObjectKey>();
  /** Those whose endpoints have the weights of their Nodes. */
  readonly #byNodeWeights = new Set<ObjectKey>();

  constructor(
    store: ClusterStore,
    desired: DesiredState,
    options: TranslatorOptions,
    listener: TranslatorListener,
  ) {
    this.#store = store;
    this.#desired = desired;
    this.#translation = options.translation;
    this.#listener = listener;
    this.#outliers = options.outliers ?? new OutlierBook();
    this.#marks = new MarkBook(options.portRangeMarks ?? usualMarkMask);
    this.#otherHosts = new OtherHosts(store, options.nodeName);
    this.#place = new KnownNodeFacts(options.nodeName, options.nodePortAddresses, {
      isVip: (address) => desired.isVip(address.text),
      serviceAt: (vip) => desired.serviceAt(vip.text),
      ownerOf: this.#otherHosts.ownerOf,
      nodeWeight: (name) => store.nodeWeights.of(name),
      outliersOf: this.#outliers.outliersOf,
      markOf: this.#marks.markOf,
    });
    this.#place.setNode(store.node);
    this.#problems = new ReportedProblems((problem) => {
      listener.problem(problem);
    });
    this.#conflicts = new ClaimConflicts(store, desired, this.#problems);
  }

  /** Services are translated by these settings from now on. */
  setTranslation(translation: TranslationSettings): void {
    this.#translation = translation;
    this.everythingChanged();
  }

  /** What the kernel has of port ranges from before a restart; to be called before anything is translated. */
  rememberPortRanges(
    before: readonly AddressWithPortRanges[],
    foreignMarks: readonly number[] = [],
  ): void {
    this.#marks.remember(before, foreignMarks);
  }

  /** The Service, or one of its slices, has changed or is gone. */
  changed(service: ObjectKey): void {
    this.#dirty.add(service);
    if (service === apiServerService) {
      this.hostsChanged(this.#otherHosts.apiServerAddresses());
    }
  }

  /** Whose these addresses are may have changed, or whose any are where they are missing. */
  hostsChanged(addresses: readonly string[] | undefined): void {
    if (addresses?.length === 0) {
      return;
    }
    const changed = addresses && new Set(addresses);
    for (const key of this.#external) {
      const translated = this.#translated.get(key);
      if (translated !== undefined && hasVipIn(translated.service, changed)) {
        this.#dirty.add(key);
      }
    }
  }

  /** Something has changed that Services depend on besides themselves and their slices. */
  factsChanged(change: Exclude<StoreChange, { readonly kind: 'service' }>): void {
    if (change.kind === 'node') {
      this.nodeChanged();
    } else if (change.kind === 'hosts') {
      this.hostsChanged(change.addresses);
    } else if (change.kind === 'node weights') {
      for (const key of this.#byNodeWeights) {
        this.#dirty.add(key);
      }
    }
  }

  /** The Node object has changed. */
  nodeChanged(): void {
    this.#place.setNode(this.#store.node);
    this.everythingChanged();
  }

  /** The node has these addresses now, besides those of the VIP link. */
  nodeAddressesChanged(addresses: readonly IpAddress[]): void {
    this.#place.setNodeAddresses(addresses);
    for (const key of this.#external) {
      this.#dirty.add(key);
    }
  }

  /**
   * The kernel was found to lack a scheduler; Services that chose it get the default. Answers
   * whether that is news.
   */
  schedulerIsMissing(scheduler: Scheduler): boolean {
    const isNews = this.#place.addMissingScheduler(scheduler);
    if (isNews) {
      this.everythingChanged();
    }
    return isNews;
  }

  /** Schedulers that the kernel lacked are tried anew. */
  retryMissingSchedulers(): void {
    if (this.#place.forgetMissingSchedulers()) {
      this.everythingChanged();
    }
  }

  /** Something changed that concerns every Service. */
  everythingChanged(): void {
    for (const key of this.#store.serviceKeys()) {
      this.#dirty.add(key);
    }
  }

  get hasWork(): boolean {
    return this.#dirty.size > 0;
  }

  /** Translates what has changed since the last call. */
  translate(): void {
    const claimed = { virtualServers: new Set<string>(), portRangesAt: new Set<string>() };
    // A new VIP makes Services dirty meanwhile; they get their turn too.
    while (this.#dirty.size > 0) {
      const dirty = this.#dirty;
      const vips: string[] = [];
      this.#dirty = new Set();
      for (const key of dirty) {
        this.#translateInto(claimed, vips, key);
      }
      this.#refuseEndpointsAt(vips);
    }
    // Not before all of them had their turn: an address that moves is no conflict.
    this.#conflicts.report(claimed);
  }

  /**
   * Why a Service becomes what it does: it is translated once more, beside the tables, with a recorder of
   * what is decided. Undefined where there is no such Service.
   */
  decisionsOf(key: ObjectKey): readonly Decision[] | undefined {
    const service = this.#store.service(key);
    if (service === undefined) {
      return undefined;
    }
    const decisions: Decision[] = [];
    const recorder = {
      record: (decision: Decision) => {
        decisions.push(...withClaims(decision, key, this.#desired));
      },
    };
    const slices = this.#store.slices(key);
    translateService(service, slices, this.#place.current, this.#translation, recorder);
    return decisions;
  }

  /** The settings that Services are translated by. */
  get translation(): TranslationSettings {
    return this.#translation;
  }

  /** The problems of a Service that last, those about its port ranges and about the virtual servers of these keys. */
  problemsOf(service: ObjectKey, virtualServers: readonly string[]): readonly ServiceProblem[] {
    const ranges = this.#translated.get(service)?.translation.portRanges?.addresses ?? [];
    const portRangesAt = ranges.map(({ address }) => address.text);
    return [
      ...this.#problems.of(service),
      ...this.#conflicts.of(service, { virtualServers, portRangesAt }),
    ];
  }

  /** The problems that last, of all Services. */
  problems(): Iterable<ServiceProblem> {
    return this.#problems.all();
  }

  /** What else is wrong with Services now. */
  troubles(): Iterable<ServiceTrouble> {
    return this.#troubles.all();
  }

  /** The Services that have an endpoint at an address. */
  servicesWithEndpointAt(address: string): readonly ObjectKey[] {
    return this.#endpoints.servicesAt(address);
  }

  /** What is known of the node that its Services are translated for. */
  get nodeFacts(): NodeFacts {
    return this.#place.current;
  }

  /** How many Services have a problem now, by its reason; reasons that none has are missing. */
  servicesByProblem(): ReadonlyMap<ServiceProblemReason, number> {
    return this.#problems.servicesByReason();
  }

  /** How many Services of a policy Local have endpoints, but none on this node. */
  servicesWithoutLocalEndpoints(): Readonly<Record<Traffic, number>> {
    let [internal, external] = [0, 0];
    for (const { translation } of this.#translated.values()) {
      internal += Number(translation.withoutLocalEndpoints.internal);
      external += Number(translation.withoutLocalEndpoints.external);
    }
    return { internal, external };
  }

  #translateInto(claimed: Claimed, vips: string[], key: ObjectKey): void {
    try {
      const change = this.#translate(key);
      if (change !== noChange) {
        for (const vip of change.vips) {
          vips.push(vip);
        }
        for (const { key: virtualServer } of change.virtualServers) {
          claimed.virtualServers.add(virtualServer);
        }
        for (const address of change.portRangesAt) {
          claimed.portRangesAt.add(address);
        }
      }
    } catch (error) {
      // A mistake of ours costs the Service that it shows at, and keeps its rows as they are.
      this.#troubles.mistaken(key, asError(error));
      this.#listener.mistake(key, asError(error));
    }
  }

  #translate(key: ObjectKey): DesiredChange {
    const before = this.#translated.get(key);
    const service = this.#store.service(key);
    if (service === undefined) {
      return this.#forget(key, before);
    }
    const slices = this.#store.slices(key);
    const place = this.#place.current;
    const translation = translateService(service, slices, place, this.#translation);
    const claims = before?.claims ?? new ServiceClaims(key);
    this.#translated.set(key, { service, slices, translation, claims });
    this.#endpoints.replace(key, before?.slices ?? noSlices, slices);
    if (service !== before?.service) {
      this.#noteExternal(key, service);
    }
    setMember(this.#byNodeWeights, key, translation.needsNodeWeights);
    this.#outliers.watch(key, watchedOf(translation.virtualServers));
    this.#marks.keep(key, translation.portRanges?.traffics);
    this.#problems.set(key, translation.problems);
    this.#troubles.translated(key, service, slices);
    this.#listener.healthCheck(key, translation.healthCheck);
    return this.#desired.replace(claims, service.createdAt, translation);
  }

  #forget(key: ObjectKey, before: Translated | undefined): DesiredChange {
    this.#endpoints.replace(key, before?.slices ?? noSlices, noSlices);
    this.#translated.delete(key);
    this.#external.delete(key);
    this.#byNodeWeights.delete(key);
    this.#outliers.watch(key, []);
    this.#marks.keep(key);
    this.#problems.set(key, []);
    this.#troubles.forget(key);
    this.#listener.healthCheck(key, undefined);
    return before === undefined ? noChange : this.#desired.replace(before.claims, 0, undefined);
  }

  #noteExternal(key: ObjectKey, service: Service): void {
    setMember(this.#external, key, isExternal(service));
  }

  /** An address that became a VIP, or is none any more, concerns all that have an endpoint there. */
  #refuseEndpointsAt(vips: readonly string[]): void {
    for (const vip of vips) {
      for (const service of this.#endpoints.servicesAt(vip)) {
        this.#dirty.add(service);
      }
    }
  }
}

function setMember<Member>(members: Set<Member>, member: Member, isMember: boolean): void {
  if (isMember) {
    members.add(member);
  } else {
    members.delete(member);
  }
}
