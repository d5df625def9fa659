/** Each holds some 80 of 5,000 entries; a power of two. */
const shardCount = 64;

/**
 * A map by key whose table is many small ones. A Map that is full moves into a table of twice the
 * size, and those of thousands of entries lie in memory that the process has never touched: that is
 * dear in a first sync. Entries come back in no order.
 */
export class ShardedMap<Value> {
  readonly shards: readonly ReadonlyMap<string, Value>[];
  readonly #shards: readonly Map<string, Value>[];

  constructor() {
    this.#shards = Array.from({ length: shardCount }, () => new Map<string, Value>());
    this.shards = this.#shards;
  }

  get(key: string): Value | undefined {
    return this.#shards[shardOf(key)]?.get(key);
  }

  set(key: string, value: Value): void {
    this.#shards[shardOf(key)]?.set(key, value);
  }

  delete(key: string): void {
    this.#shards[shardOf(key)]?.delete(key);
  }
}

/** By characters near the end, which tell addresses and ports apart; those that a key lacks are 0. */
function shardOf(key: string): number {
  const { length } = key;
  const hash =
    Math.imul(key.charCodeAt(length - 1), 31) +
    Math.imul(key.charCodeAt(length - 4), 17) +
    Math.imul(key.charCodeAt(length - 5), 5) +
    Math.imul(key.charCodeAt(length - 7), 3);
  return hash & (shardCount - 1);
}
