/**
 * The time of day, in milliseconds since 1970: to be shown, or to be compared with a time that the
 * cluster gave. It may step by any amount in either direction, so that no duration is measured
 * by it; the linter allows it in this file alone.
 */
export function wallClockMs(): number {
  return Date.now();
}
