import type { IpvsClient } from './client.ts';
import type { IpvsError } from './ipvs-error.ts';
import {
  changeCount,
  formatRealServer,
  formatVirtualServer,
  sameSettings,
  type Operation,
  type RealServer,
  type VirtualServerHead,
  type VirtualServerId,
} from './model.ts';
import type { ListedRealServer } from './listed-real-servers.ts';
import {
  readOne,
  readRealServers,
  type TableVisitor,
  visitTable,
  type ListedVirtualServer,
  type TableReader,
} from './read-table.ts';
import type { IpAddress } from '../../net/ip-address.ts';
import { executeWithTrials } from './scheduler-trial.ts';
import { DrainTimes } from './drain-times.ts';
import { noSlowStarts, type KnownStarts } from './slow-start-plan.ts';
import { SlowStarts } from './slow-starts.ts';
import { exceptWhere } from '../../reconcile/differences.ts';
import { noDifference, type Kind, type ListSink } from '../../reconcile/kind.ts';
import {
  afterOperations,
  haveLimits,
  virtualServerDifference,
  type DesiredVirtualServer,
  type ObservedVirtualServer,
} from './virtual-server-difference.ts';
import { monotonicMs } from '../../base/time/monotonic-clock.ts';

/** What is needed of the client. */
export type VirtualServerClient = TableReader & Pick<IpvsClient, 'execute'>;

/** Virtual servers with their real servers, as a kind of the loop. */
export class VirtualServerKind<
  Desired extends DesiredVirtualServer = DesiredVirtualServer,
> implements Kind<Desired, ObservedVirtualServer, Operation> {
  readonly name = 'virtual server';
  readonly difference: Kind<Desired, ObservedVirtualServer, Operation>['difference'];
  readonly after: Kind<Desired, ObservedVirtualServer, Operation>['after'] = afterOperations;
  readonly #client: VirtualServerClient;
  readonly #now: () => number;
  readonly #visitTable: typeof visitTable;
  readonly #drainTimes = new DrainTimes();
  readonly #slowStarts = new SlowStarts();
  #startsAtOnce = false;
  /** Until the first round is over lesser weights are slow starts of an earlier run. */
  #lesserWeight: KnownStarts['lesserWeight'] = 'resume';
  readonly #knownSchedulers = new Set<string>();
  readonly #onApplied: (operation: Operation) => void;
  #foreign: readonly VirtualServerId[] = [];

  /** `now` in milliseconds; `onApplied` hears of each operation that succeeded.
   * Virtual servers with an excluded address are left as they are, whatever is desired. */
  constructor(
    client: VirtualServerClient,
    now: () => number = monotonicMs,
    visit = visitTable,
    onApplied: (operation: Operation) => void = () => undefined,
    isExcluded: (address: IpAddress) => boolean = () => false,
  ) {
    this.difference = exceptWhere<Desired, ObservedVirtualServer, Operation>(
      virtualServersAt(isExcluded),
      (desired, observed) =>
        observed !== undefined && isForeignMark(observed.virtualServer)
          ? noDifference
          : virtualServerDifference(desired, observed, this.#startsOf(desired)),
    );
    this.#client = client;
    this.#onApplied = onApplied;
    this.#now = now;
    this.#visitTable = visit;
  }

  /** Those without our mark when the kernel was listed last; another list with each. */
  get foreign(): readonly VirtualServerId[] {
    return this.#foreign;
  }

  /** How many real servers drain. */
  get draining(): number {
    return this.#drainTimes.count;
  }

  /** How many virtual servers have some. */
  get withDraining(): number {
    return this.#drainTimes.virtualServerCount;
  }

  /** For how long a real server has drained, in milliseconds; undefined where it does not. */
  drainingForMs(virtualServer: string, realServer: string): number | undefined {
    const startedAtMs = this.#drainTimes.startedAtMs(virtualServer, realServer);
    return startedAtMs === undefined ? undefined : this.#now() - startedAtMs;
  }

  /** From now on no real server starts slowly: nobody stays to go on with it. */
  startAtOnce(): void {
    this.#startsAtOnce = true;
  }

  /** What an earlier run had begun is known: from now on a lesser weight is somebody else's work. */
  roundEnded(): void {
    this.#lesserWeight = 'drift';
  }

  awaitsTime(): boolean {
    return !this.#slowStarts.isEmpty;
  }

  takeDue(): readonly string[] {
    return this.#slowStarts.takeDue(this.#now());
  }

  async list(sink: ListSink<ObservedVirtualServer>): Promise<void> {
    const draining = new Set(this.#drainTimes.virtualServers());
    const nowMs = this.#now();
    const part = sink.begin();
    // Those that are new, or have other settings than they are known to have.
    const news = new Map<string, VirtualServerHead>();
    const foreign: VirtualServerId[] = [];
    const take = (key: string, head: VirtualServerHead, listed: ListedRealServer[]): void => {
      const { id, settings } = head;
      part.take(key, this.#observe(key, { id, settings, realServers: listed }, undefined, nowMs));
    };
    const visitor: TableVisitor = {
      begin: () => {
        news.clear();
        foreign.length = 0;
      },
      virtualServer: (head) => {
        const key = formatVirtualServer(head.id);
        if (!head.settings.owned) {
          foreign.push(head.id);
        }
        const held = sink.held(key);
        const isKnown =
          held !== undefined && sameSettings(held.virtualServer.settings, head.settings);
        if (isForeignMark(head)) {
          part.take(key, isKnown ? held : observedFrom({ ...head, realServers: [] }));
        } else if (!isKnown) {
          news.set(key, head);
        }
        return held !== undefined && haveLimits(held.virtualServer.realServers);
      },
      lacksRealServers: (key) => !part.has(key) && !sink.isStale(key),
      realServers: (listed) => {
        const { key } = listed;
        const held = sink.held(key);
        const head = news.get(key) ?? held?.virtualServer;
        const isNews = news.delete(key);
        const hasDrained = draining.delete(key);
        if (head === undefined || sink.isStale(key)) {
          return;
        }
        if (
          held !== undefined &&
          !isNews &&
          !hasDrained &&
          listed.areAs(held.virtualServer.realServers)
        ) {
          part.take(key, held);
        } else {
          take(key, head, listed.all());
        }
      },
    };
    await this.#visitTable(this.#client, visitor, sink.pace);
    part.end();
    this.#foreign = foreign;
    for (const key of draining) {
      if (!sink.isStale(key)) {
        this.#drainTimes.forget(key);
      }
    }
  }

  async read(
    known: ReadonlyMap<string, Desired | ObservedVirtualServer>,
  ): Promise<Map<string, ObservedVirtualServer>> {
    const found = new Map<string, ObservedVirtualServer>();
    for (const [key, row] of known) {
      const listed = await readOne(this.#client, row.virtualServer.id);
      if (listed === undefined) {
        this.#drainTimes.forget(key);
      } else {
        const desired = 'drainTimeoutMs' in row ? row : undefined;
        found.set(key, this.#observe(key, listed, desired, this.#now()));
      }
    }
    return found;
  }

  async apply(operations: readonly Operation[]): Promise<(IpvsError | undefined)[]> {
    const outcomes = await executeWithTrials(this.#client, this.#knownSchedulers, operations);
    operations.forEach((operation, index) => {
      if (outcomes[index] === undefined) {
        this.#drainTimes.follow(operation, this.#now);
        this.#slowStarts.follow(operation, this.#now);
        this.#onApplied(operation);
      }
    });
    return outcomes;
  }

  sizeOf(operation: Operation): number {
    return changeCount(operation);
  }

  /** Those with real servers that drain, or may soon: their connections come to an end without a notice. */
  needsPolling(): readonly string[] {
    return this.#drainTimes.virtualServers();
  }

  /** Settings do not change by themselves: only the real servers are asked for. */
  async review(
    key: string,
    desired: Desired | undefined,
    observed: ObservedVirtualServer,
  ): Promise<ObservedVirtualServer | undefined> {
    const { id, settings } = observed.virtualServer;
    const realServers = await readRealServers(this.#client, id);
    if (realServers.length === 0) {
      // Where the virtual server is gone the kernel's answer is the same.
      return (await this.read(new Map([[key, desired ?? observed]]))).get(key);
    }
    return this.#observe(key, { id, settings, realServers }, desired, this.#now());
  }

  #observe(
    key: string,
    listed: ListedVirtualServer,
    desired: DesiredVirtualServer | undefined,
    nowMs: number,
  ): ObservedVirtualServer {
    const limitMs = desired?.drainTimeoutMs;
    const wanted = desired?.virtualServer.realServers;
    const drains = ({ realServer }: ListedRealServer): boolean =>
      listed.settings.owned && realServer.weight === 0;
    const draining = listed.realServers
      .filter(drains)
      .map(({ realServer }) => formatRealServer(realServer));
    this.#drainTimes.replace(key, draining, nowMs, wanted && ((each) => wanted.has(each)));
    return observedFrom(
      listed,
      (row) =>
        limitMs !== undefined &&
        drains(row) &&
        this.#drainTimes.elapsedMs(key, formatRealServer(row.realServer), nowMs) >= limitMs,
    );
  }

  #startsOf(desired: DesiredVirtualServer | undefined): KnownStarts | undefined {
    if (desired?.slowStartMs === undefined) {
      return undefined;
    }
    if (this.#startsAtOnce) {
      return noSlowStarts;
    }
    const key = formatVirtualServer(desired.virtualServer.id);
    const nowMs = this.#now();
    return {
      stepOf: (realServer) => this.#slowStarts.stepOf(key, realServer, nowMs),
      lesserWeight: this.#lesserWeight,
    };
  }
}

/** kube-proxy makes none for marks: there is nothing to be taken over. */
function isForeignMark({ id, settings }: VirtualServerHead): boolean {
  return id.kind === 'fwmark' && !settings.owned;
}

/** Which virtual servers are at addresses of some kind; none for a packet mark is. */
export function virtualServersAt(
  isThere: (address: IpAddress) => boolean,
): (row: DesiredVirtualServer | ObservedVirtualServer) => boolean {
  return ({ virtualServer: { id } }) => id.kind === 'address' && isThere(id.address);
}

/** The row of the loop for what the kernel lists; `isTimeUp` limits the draining. */
export function observedFrom(
  { id, settings, realServers: listed }: ListedVirtualServer,
  isTimeUp: (listed: ListedRealServer) => boolean = () => false,
): ObservedVirtualServer {
  const realServers = new Map<string, RealServer>();
  const drained = new Set<string>();
  for (const row of listed) {
    const key = formatRealServer(row.realServer);
    realServers.set(key, row.realServer);
    if (row.activeConnections + row.inactiveConnections === 0 || isTimeUp(row)) {
      drained.add(key);
    }
  }
  return { virtualServer: { id, settings, realServers }, drained };
}
