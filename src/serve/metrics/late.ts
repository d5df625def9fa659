/** What metrics are read from, which is made after them. */
export class Late<Source extends object> {
  #source: Source | undefined;

  /** It is there. */
  set(source: Source): void {
    this.#source = source;
  }

  /** What is read from it; nothing before it is there. */
  read<Item>(what: (source: Source) => readonly Item[]): readonly Item[] {
    return this.#source === undefined ? [] : what(this.#source);
  }
}
