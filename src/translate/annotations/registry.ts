import { affinityAcrossPorts } from './affinity-across-ports.ts';
import type { Annotation } from './annotation.ts';
import { drainTimeout } from './drain-timeout.ts';
import { localityWeights } from './locality-weights.ts';
import { maxConnections } from './max-connections.ts';
import { nodeWeights } from './node-weights.ts';
import { onePacket } from './one-packet.ts';
import { outlierEjection } from './outlier-ejection.ts';
import { portRanges } from './port-ranges.ts';
import { portRangesOn } from './port-ranges-on.ts';
import { resetAfter } from './reset-after.ts';
import { schedulerFlags } from './scheduler-flags.ts';
import { scheduler } from './scheduler.ts';
import { slowStart } from './slow-start.ts';

/** Every annotation of a Service, by what it chooses, in the order of the docs. */
export const annotations = {
  scheduler,
  schedulerFlags,
  drainTimeoutMs: drainTimeout,
  localityWeights,
  nodeWeights,
  connectionLimits: maxConnections,
  onePacket,
  slowStartMs: slowStart,
  ejectedProtocols: outlierEjection,
  resetAfterMs: resetAfter,
  portRanges,
  portRangesOn,
  affinityAcrossPorts,
} as const satisfies Readonly<Record<string, Annotation<unknown, string>>>;

type Annotations = typeof annotations;

/** What a Service has by its annotations, or by default. */
export type Choices = {
  readonly [Key in keyof Annotations]: ReturnType<Annotations[Key]['byDefault']>;
};

type ReasonsOf = { [Key in keyof Annotations]: keyof Annotations[Key]['reasons'] };

/** Why an annotation does not count as it stands; also the reason of the Event. */
export type AnnotationReason = ReasonsOf[keyof Annotations] | 'UnknownAnnotation';
