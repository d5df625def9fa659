import type { Tally } from './tally.ts';

/** Tallies by a key, no more of them than there is room for: what finds none is told apart. */
export class Tallies<Value extends Tally = Tally> {
  readonly #make: () => Value;
  readonly #byKey = new Map<string, Value>();
  /** Those that found no room in this reading. */
  readonly #without = new Set<string>();

  constructor(make: () => Value) {
    this.#make = make;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** How many found no room in the last reading. */
  get without(): number {
    return this.#without.size;
  }

  entries(): IterableIterator<[string, Value]> {
    return this.#byKey.entries();
  }

  /** A reading begins: who found no room before may find some now. */
  begin(): void {
    this.#without.clear();
  }

  /** That of a key, seen in this reading; undefined where there is no room for another one. */
  see(key: string, reading: number, hasRoom: () => boolean): Value | undefined {
    let tally = this.#byKey.get(key);
    if (tally === undefined) {
      if (!hasRoom()) {
        this.#without.add(key);
        return undefined;
      }
      tally = this.#make();
      this.#byKey.set(key, tally);
    }
    tally.see(reading);
    return tally;
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }

  /** Forgets those that were not seen in this reading. */
  forgetExcept(reading: number): void {
    for (const [key, tally] of this.#byKey) {
      if (tally.reading !== reading) {
        this.#byKey.delete(key);
      }
    }
  }
}
