import type { ServiceProblemReason } from '../../translate/service-problem.ts';

/**
 * Why something is not as somebody asked for it, in one word, as in Events. What has a reason here is shown,
 * counted and found by the doctor or explained: `test/unit/failures-are-seen.test.ts` has a row for each.
 */
export type ProblemReason =
  | ServiceProblemReason
  /** A field of an object makes no sense. */
  | 'InvalidObject'
  /** A mistake of this program. */
  | 'NotTranslated'
  | 'ForeignAtVip'
  /** Real servers have as many connections as they may, so that new ones are refused. */
  | 'LimitReached'
  /** The kernel does not take an object. */
  | 'KernelRefused'
  /** Something that Services rest upon cannot be had or set in the kernel. */
  | 'KernelIncomplete'
  | 'KernelUnreadable'
  /** An address of this program cannot be listened on. */
  | 'AddressUnavailable'
  | 'HealthCheckPortUnavailable'
  | 'ConfigurationRefused'
  | 'ApiServerUnavailable';

/** Something that is not as somebody asked for it, and what to do about it. */
export interface ProblemView {
  /** `Service default/web`, `virtual server TCP 10.96.0.1:80`, `node node-a` */
  readonly object: string;
  /** `default/web`; null for what is no matter of one Service. */
  readonly service: string | null;
  readonly reason: ProblemReason;
  readonly text: string;
  readonly advice: string;
  /** Since when, as ISO 8601; null where nobody knows. */
  readonly since: string | null;
}
