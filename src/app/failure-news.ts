import { isOfWholeKind, type Failure } from '../reconcile/any-kind-table.ts';

/** What an operator is to hear of after a round. */
export interface Heard {
  readonly news: readonly Failure[];
  /** The names of the foundations that had failed and are in place now. */
  readonly mended: readonly string[];
}

/** What the subject of a foundation's failure begins with. */
const foundationSubject = 'foundation ';

/**
 * Of what fails, what an operator has not been told: an object once for each error, and an error that
 * befalls all objects of a kind once for all of them. Forgotten once it succeeds.
 */
export class FailureNews {
  /** The errors told, by subject. */
  readonly #told = new Map<string, string>();
  /** By what all its objects fail, of each kind. */
  readonly #toldOfKinds = new Map<string, Set<string>>();

  /** What of a round is news; `failing` are the objects that fail after it. */
  of(failures: readonly Failure[], failing: () => readonly string[]): Heard {
    const news = failures.filter((failure) =>
      isOfWholeKind(failure) ? this.#isNewsOfKind(failure) : this.#isNews(failure),
    );
    const isQuiet = this.#told.size + this.#toldOfKinds.size === 0;
    const over = isQuiet ? [] : this.#forgetExcept(failing());
    const mended = over
      .filter((subject) => subject.startsWith(foundationSubject))
      .map((subject) => subject.slice(foundationSubject.length));
    return { news, mended };
  }

  #isNews({ kind, key, error }: Failure): boolean {
    const subject = `${kind} ${key}`;
    const isNews = this.#told.get(subject) !== error.message;
    this.#told.set(subject, error.message);
    return isNews;
  }

  /** The message names the object; what it is about is the errno. */
  #isNewsOfKind({ kind, error }: Failure): boolean {
    const what = 'code' in error ? String(error.code) : error.message;
    const told = this.#toldOfKinds.get(kind) ?? new Set<string>();
    const isNews = !told.has(what);
    this.#toldOfKinds.set(kind, told.add(what));
    return isNews;
  }

  /** Returns the subjects that it forgot. */
  #forgetExcept(failing: readonly string[]): readonly string[] {
    const subjects = new Set(failing);
    const over = [...this.#told.keys()].filter((subject) => !subjects.has(subject));
    over.forEach((subject) => this.#told.delete(subject));
    for (const kind of this.#toldOfKinds.keys()) {
      if (!failing.some((subject) => subject.startsWith(`${kind} `))) {
        this.#toldOfKinds.delete(kind);
      }
    }
    return over;
  }
}
