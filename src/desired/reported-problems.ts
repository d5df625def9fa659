import { formatProblem } from '../base/problem.ts';
import type { ServiceProblem } from '../translate/service-problem.ts';

/**
 * Tells problems when they appear and not again while they last. They are kept by what they
 * are about: a Service is translated again and again, and still has the same problems.
 */
export class ReportedProblems {
  readonly #tell: (problem: ServiceProblem) => void;
  /** By subject, and there by their text. */
  readonly #told = new Map<string, ReadonlyMap<string, ServiceProblem>>();

  constructor(tell: (problem: ServiceProblem) => void) {
    this.#tell = tell;
  }

  /** These are the problems of a subject now; those that are new are told. */
  set(subject: string, problems: readonly ServiceProblem[]): void {
    const told = this.#told.get(subject);
    for (const problem of problems) {
      if (told?.has(formatProblem(problem)) !== true) {
        this.#tell(problem);
      }
    }
    if (problems.length === 0) {
      this.#told.delete(subject);
    } else {
      this.#told.set(subject, new Map(problems.map((each) => [formatProblem(each), each])));
    }
  }

  /** Those of one subject that last. */
  of(subject: string): readonly ServiceProblem[] {
    return [...(this.#told.get(subject)?.values() ?? [])];
  }

  /** All that last. */
  *all(): Generator<ServiceProblem> {
    for (const problems of this.#told.values()) {
      yield* problems.values();
    }
  }
}
