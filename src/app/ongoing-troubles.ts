/** Troubles that last: told when they begin, or have another reason, and when they are over. */
export class OngoingTroubles {
  /** The reasons that were told, by subject. */
  readonly #reasons = new Map<string, Set<string>>();

  /** The subject is in trouble, once more perhaps. Whether the reason is news. */
  continues(subject: string, reason: string): boolean {
    const told = this.#reasons.get(subject) ?? new Set<string>();
    const isNews = !told.has(reason);
    this.#reasons.set(subject, told.add(reason));
    return isNews;
  }

  /** The subject is in order. Whether that is news. */
  ends(subject: string): boolean {
    return this.#reasons.delete(subject);
  }
}
