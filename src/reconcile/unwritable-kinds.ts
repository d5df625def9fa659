import { isOfWholeKind } from './any-kind-table.ts';
import type { RoundReport } from './reconciler.ts';

/**
 * The kinds that the kernel takes no change of, nor says anything about, for a reason that is no
 * matter of one object. Pure, but for what it remembers from round to round.
 */
export class UnwritableKinds {
  /** By kind: the objects whose last failure was of that sort, as `virtual server TCP 10.96.0.1:80`. */
  readonly #stuck = new Map<string, Set<string>>();

  /** Takes a round into account; `failing` are the objects that fail after it. */
  roundEnded({ failures, written }: RoundReport, failing: () => readonly string[]): void {
    for (const failure of failures) {
      const { kind, key } = failure;
      const stuck = this.#stuck.get(kind) ?? new Set<string>();
      if (isOfWholeKind(failure)) {
        this.#stuck.set(kind, stuck.add(`${kind} ${key}`));
      } else {
        stuck.delete(`${kind} ${key}`);
      }
    }
    // What takes the changes of some objects can be written, whatever it says of others.
    written.forEach((kind) => this.#stuck.delete(kind));
    if (this.#stuck.size > 0) {
      this.#keepOnly(new Set(failing()));
    }
  }

  /** Their names. */
  get names(): readonly string[] {
    return [...this.#stuck.keys()];
  }

  #keepOnly(failing: ReadonlySet<string>): void {
    for (const [kind, stuck] of this.#stuck) {
      if (![...stuck].some((subject) => failing.has(subject))) {
        this.#stuck.delete(kind);
      }
    }
  }
}
