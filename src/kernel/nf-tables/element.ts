import type { Verdict } from './expressions.ts';

/**
 * An element of a set of ours. Keys are bytes as they lie in the kernel: the parts one behind the other,
 * each padded to four bytes where there are several.
 */
export interface NftElement {
  readonly set: string;
  readonly key: Uint8Array;
  /** The last key of a range, the end included. */
  readonly keyEnd?: Uint8Array;
  /** In a map of verdicts. */
  readonly verdict?: Verdict;
  /** In a map of packet marks. */
  readonly mark?: number;
}

/** Whether two elements are the same one of a set, whatever their verdicts. */
export function haveSameKey(a: NftElement, b: NftElement): boolean {
  return (
    a.set === b.set && sameBytes(a.key, b.key) && sameBytes(a.keyEnd ?? a.key, b.keyEnd ?? b.key)
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
