import type { Problem } from '../base/problem.ts';
import type { NodeTroubles } from '../inspect/node-troubles.ts';
import type { ReflectorObserver } from '../source/api-server/reflector-observer.ts';
import { isOfRequest } from '../source/api-server/failure.ts';

/** Keeps in mind what an operator was told of the API server, until it answers again. */
export class ApiTroubles {
  readonly #troubles: NodeTroubles;
  /** What was told just now, before it is said of which resource. */
  #told: string | undefined;

  constructor(troubles: NodeTroubles) {
    this.#troubles = troubles;
  }

  /** A problem was told. */
  told(problem: Problem): void {
    if (isOfRequest(problem)) {
      this.#told = problem.allowed;
    }
  }

  /** The observer, which is listened to as well. */
  observing(observer: ReflectorObserver): ReflectorObserver {
    return {
      ...observer,
      failed: (...failure) => {
        this.#failed(failure[0].name);
        observer.failed(...failure);
      },
      recovered: (resource) => {
        this.#troubles.end(subjectOf(resource.name));
        observer.recovered(resource);
      },
    };
  }

  #failed(resource: string): void {
    if (this.#told !== undefined) {
      this.#troubles.begin(subjectOf(resource), {
        object: 'API server',
        reason: 'ApiServerUnavailable',
        text: this.#told,
        advice:
          'what the kernel holds goes on, but no change arrives; mend the connection or the permission that the text names',
      });
      this.#told = undefined;
    }
  }
}

function subjectOf(resource: string): string {
  return `API server: ${resource}`;
}
