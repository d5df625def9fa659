import { noDifference, type Difference } from '../../reconcile/kind.ts';

/**
 * What the kernel was found to hold where nothing could be done about it, since what it lies in is not in place:
 * the next list is to bring it as news, so that it is compared again.
 */
export class HeldBack<Observed extends object> {
  readonly #held = new WeakSet<Observed>();

  /** Nothing is done now. */
  difference(observed: Observed | undefined): Difference<never> {
    if (observed !== undefined) {
      this.#held.add(observed);
    }
    return noDifference;
  }

  has(observed: Observed): boolean {
    return this.#held.has(observed);
  }
}
