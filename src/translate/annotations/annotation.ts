import type { AnnotationName, OwnAnnotationName } from '../../cluster/annotation-names.ts';
import type { Service } from '../../cluster/objects.ts';
import { fallbackScheduler, type Scheduler } from '../../kernel/ipvs/schedulers.ts';
import type { ConnectionLimits } from '../connection-limits.ts';
import type { LocalityWeights } from '../locality-weights.ts';

/** What the configuration says for Services whose annotations say nothing else. */
export interface ServiceDefaults {
  /** The scheduler of Services that choose none. */
  readonly scheduler: Scheduler;
  /** The limit of draining, in milliseconds; undefined for none. */
  readonly drainTimeoutMs: number | undefined;
  /** Whether endpoints have the weights of their Nodes. */
  readonly nodeWeights: boolean;
  /** The weights of endpoints by where they are; undefined where that does not count. */
  readonly localityWeights: LocalityWeights | undefined;
  /** How many connections each real server may have; undefined for any number. */
  readonly connectionLimits: ConnectionLimits | undefined;
  /** Whether each packet of UDP is scheduled for itself. */
  readonly onePacket: boolean;
  /** In how long an endpoint gets its whole weight, in milliseconds; undefined for at once. */
  readonly slowStartMs: number | undefined;
  /** Whether real servers of TCP and SCTP that fail are ejected. */
  readonly outlierEjection: boolean;
}

/** Where nothing is configured. */
export const usualDefaults: ServiceDefaults = {
  scheduler: fallbackScheduler,
  drainTimeoutMs: undefined,
  outlierEjection: false,
  nodeWeights: false,
  localityWeights: undefined,
  connectionLimits: undefined,
  onePacket: false,
  slowStartMs: undefined,
};

/** What the choices of a Service depend on. */
export interface ChoiceContext {
  readonly service: Service;
  readonly defaults: ServiceDefaults;
  /** Schedulers that this node's kernel was found to lack. */
  readonly missingSchedulers: ReadonlySet<Scheduler>;
}

/** An annotation as it stands on a Service. */
export interface Given {
  /** Our name or the alias, whichever was found. */
  readonly name: AnnotationName;
  readonly value: string;
}

/** What is wrong with the value of an annotation. */
export interface Mistake<Reason extends string> {
  readonly reason: Reason;
  /** What would have been accepted, and what the Service has instead. */
  readonly allowed: string;
}

/** A value as it was read: one that cannot be used leaves the Service with the default. */
export type Reading<Value, Reason extends string> =
  | { readonly usable: true; readonly value: Value; readonly mistake?: Mistake<Reason> }
  | { readonly usable: false; readonly mistake: Mistake<Reason> };

/** How an annotation becomes what a Service has. */
export interface AnnotationReader<Value, Reason extends string> {
  readonly name: OwnAnnotationName;
  /** Names of others for the same, which are read where ours is absent. */
  readonly aliases: readonly AnnotationName[];
  /** What a Service has without it. */
  byDefault(context: ChoiceContext): Value;
  /** Reads a value; `byDefault` is what the Service has where it cannot be used. */
  read(given: Given, byDefault: Value, context: ChoiceContext): Reading<Value, Reason>;
}

/**
 * An annotation of a Service: all that there is to say about it, for translation, Events and docs
 * alike. It is listed in `registry.ts`.
 */
export interface Annotation<Value, Reason extends string> extends AnnotationReader<Value, Reason> {
  /** The reasons of the Events for its mistakes, and what each means. */
  readonly reasons: Readonly<Record<Reason, string>>;
  readonly docs: AnnotationDocs;
}

/** What docs/annotations.md says of an annotation, in Markdown. */
export interface AnnotationDocs {
  /** The heading of its section. */
  readonly title: string;
  /** What a value may be. */
  readonly form: string;
  /** What a Service has without it. */
  readonly without: string;
  /** Annotations that show it at work: itself, and those that it needs. */
  readonly example: Readonly<Record<OwnAnnotationName, string>>;
  /** The values one by one, and what each means, where they can be listed. */
  readonly values?: ReadonlyMap<string, string>;
  readonly text: string;
}

/** What a Service has by an annotation. */
export interface Choice<Value, Reason extends string> {
  readonly value: Value;
  /** False where the default counts: without the annotation, or with one that cannot be used. */
  readonly isChosen: boolean;
  readonly problem?: Mistake<Reason> & Given;
}

/** What a Service has by an annotation, or by default where it has none that can be used. */
export function choose<Value, Reason extends string>(
  annotation: AnnotationReader<Value, Reason>,
  context: ChoiceContext,
): Choice<Value, Reason> {
  const byDefault = annotation.byDefault(context);
  const given = givenBy(annotation, context.service);
  if (given === undefined) {
    return { value: byDefault, isChosen: false };
  }
  const reading = annotation.read(given, byDefault, context);
  return {
    value: reading.usable ? reading.value : byDefault,
    isChosen: reading.usable,
    ...(reading.mistake && { problem: { ...reading.mistake, ...given } }),
  };
}

/** The annotation as a Service has it, under our name or an alias; undefined where it has none. */
export function givenBy(
  { name: ours, aliases }: AnnotationReader<unknown, string>,
  { annotations }: Service,
): Given | undefined {
  if (annotations.size === 0) {
    return undefined;
  }
  for (const name of [ours, ...aliases]) {
    const value = annotations.get(name);
    if (value !== undefined) {
      return { name, value };
    }
  }
  return undefined;
}
