import type { NodeReaders } from '../../src/doctor/readers.ts';
import type { FailingNode, FailingOptions } from './failing-node.ts';
import { rawService } from './manifests.ts';

/** How a failure comes about, and where it is seen with words that say what to do. */
export interface FailureRow {
  readonly options?: FailingOptions | (() => Promise<FailingOptions>);
  /** What happens once the daemon runs. */
  readonly then?: (node: FailingNode) => Promise<void> | void;
  /** What `show` advises. */
  readonly advice: RegExp;
  /** A series of `/metrics`, and its value. */
  readonly metric: readonly [series: string, value: number];
  /** A check of the doctor, the kind of its finding, and what it says is to be done. */
  readonly doctor: readonly [check: string, kind: string, remedy: RegExp];
  /** What the doctor reads elsewhere than from this daemon and its cluster. */
  readonly readers?: Partial<NodeReaders>;
}

/** The series of one Service with this problem. */
export const problems = (reason: string, effect: string): readonly [string, number] => [
  `kube_ipvs_services_with_problem{reason="${reason}",effect="${effect}"}`,
  1,
];

/** A Service with these annotations. */
export function annotated(annotations: Readonly<Record<string, string>>): FailingOptions {
  return { manifests: [rawService('web', {}, { annotations })] };
}

export const correctIt = /[Cc]orrect/;
