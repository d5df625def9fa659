import { isOfWholeKind, type Failure } from './reconcile/any-kind-table.ts';

/**
 * Of what fails, what an operator has not been told: an object once for each error, and an error that
 * befalls all objects of a kind once for all of them. Forgotten once it succeeds.
 */
export class FailureNews {
  /** The errors told, by subject. */
  readonly #told = new Map<string, string>();
  /** By what all its objects fail, of each kind. */
  readonly #toldOfKinds = new Map<string, Set<string>>();

  /** The failures of a round that are news; `failing` are the objects that fail after it. */
  of(failures: readonly Failure[], failing: () => readonly string[]): readonly Failure[] {
    const news = failures.filter((failure) =>
      isOfWholeKind(failure) ? this.#isNewsOfKind(failure) : this.#isNews(failure),
    );
    if (this.#told.size + this.#toldOfKinds.size > 0) {
      this.#forgetExcept(failing());
    }
    return news;
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

  #forgetExcept(failing: readonly string[]): void {
    const subjects = new Set(failing);
    for (const subject of this.#told.keys()) {
      if (!subjects.has(subject)) {
        this.#told.delete(subject);
      }
    }
    for (const kind of this.#toldOfKinds.keys()) {
      if (!failing.some((subject) => subject.startsWith(`${kind} `))) {
        this.#toldOfKinds.delete(kind);
      }
    }
  }
}
