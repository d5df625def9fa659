import { formatProblem } from '../base/problem.ts';
import type { ServiceProblem, ServiceProblemReason } from '../translate/service-problem.ts';

/**
 * Tells problems when they appear and not again while they last. They are kept by what they
 * are about: a Service is translated again and again, and still has the same problems.
 */
export class ReportedProblems {
  readonly #tell: (problem: ServiceProblem) => void;
  /** By subject, and by what was told. */
  readonly #told = new Map<string, ReadonlyMap<string, ServiceProblem>>();

  constructor(tell: (problem: ServiceProblem) => void) {
    this.#tell = tell;
  }

  /** These are the problems of a subject now; those that are new are told. */
  set(subject: string, problems: readonly ServiceProblem[]): void {
    const told = this.#told.get(subject);
    if (problems.length === 0) {
      if (told !== undefined) {
        this.#told.delete(subject);
      }
      return;
    }
    const now = new Map(problems.map((problem) => [formatProblem(problem), problem]));
    this.#told.set(subject, now);
    for (const [text, problem] of now) {
      if (told?.has(text) !== true) {
        this.#tell(problem);
      }
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

  /** How many Services have a problem now, by its reason; reasons that none has are missing. */
  servicesByReason(): ReadonlyMap<ServiceProblemReason, number> {
    const services = new Map<ServiceProblemReason, Set<string>>();
    for (const { reason, service } of this.all()) {
      const having = services.get(reason) ?? new Set();
      services.set(reason, having.add(`${service.namespace}/${service.name}`));
    }
    return new Map(Array.from(services, ([reason, having]) => [reason, having.size]));
  }
}
