import type { ObjectKey, Service } from '../../cluster/objects.ts';
import type { ListedRealServer } from '../../kernel/ipvs/listed-real-servers.ts';
import type { VirtualServerHead } from '../../kernel/ipvs/model.ts';
import type { Failing } from '../../outliers/evidence.ts';
import type { Decision } from '../../translate/decisions.ts';
import type { DesiredFrontEnd } from '../../translate/desired.ts';
import type { NodeFacts } from '../../translate/node-facts.ts';
import type { ServiceProblem } from '../../translate/service-problem.ts';
import type { TranslationSettings } from '../../translate/translate-service.ts';
import type { CounterView } from '../statistics/counters.ts';

/** What views are made of on the side of the cluster: what Services want here, and why. */
export interface ClusterKnowledge {
  service(key: ObjectKey): Service | undefined;
  decisionsOf(key: ObjectKey): readonly Decision[] | undefined;
  /** What is wanted of a virtual server, by its key. */
  frontEnd(key: string): DesiredFrontEnd | undefined;
  /** The Service that holds a virtual server, by its key. */
  serviceOf(key: string): ObjectKey | undefined;
  /** The Service that holds a VIP. */
  serviceAt(vip: string): ObjectKey | undefined;
  /** The problems of a Service, and those about the virtual servers of these keys. */
  problemsOf(key: ObjectKey, virtualServers: readonly string[]): readonly ServiceProblem[];
  readonly node: Pick<NodeFacts, 'nodeName' | 'missingSchedulers'>;
  readonly settings: TranslationSettings;
}

/** A real server as the kernel holds it. */
export interface HeldRealServer extends ListedRealServer {
  /** Undefined where only the cheap list was read. */
  readonly persistentConnections?: number;
}

/** A virtual server as the kernel holds it. */
export interface HeldVirtualServer extends VirtualServerHead {
  readonly realServers: readonly HeldRealServer[];
}

/** Why the kernel does not take an object, and for how long, where that is known. */
export interface Refusal {
  readonly error: Error;
  readonly forMs: number | undefined;
}

/** What views are made of on the side of the kernel, of the virtual servers that are looked at. */
export interface KernelKnowledge {
  held(virtualServer: string): HeldVirtualServer | undefined;
  refusal(virtualServer: string): Refusal | undefined;
  /** In milliseconds; undefined where it does not drain, or nobody knows since when. */
  drainingForMs(virtualServer: string, realServer: string): number | undefined;
  /** How a real server of a group fails; undefined where it does not. Missing outside the running daemon. */
  ejection?(group: string, realServer: string): EjectionKnowledge | undefined;
  /**
   * The upper limit under which a real server was full when that was looked at last; undefined where it was not.
   * Missing outside the running daemon.
   */
  fullUnder?(virtualServer: string, realServer: string): number | undefined;
  /** Whether an address on the VIP link is ours. */
  isBoundByUs(address: string): boolean;
  readonly counters: CounterView;
  /** The time of day of all that, in milliseconds since 1970. */
  readonly nowMs: number;
}

/** A real server that fails: ejected for and until so many milliseconds, or else on trial. */
export interface EjectionKnowledge {
  readonly failing: Failing;
  readonly forMs: number | undefined;
  readonly leftMs: number | undefined;
}

/** Since when an object is refused; null where nobody knows. */
export function sinceOf({ forMs }: Refusal, { nowMs }: KernelKnowledge): string | null {
  return forMs === undefined ? null : agoText(nowMs, forMs);
}

/** A time of day so long ago, as views have it. */
export function agoText(nowMs: number, forMs: number): string {
  return new Date(nowMs - forMs).toISOString();
}
