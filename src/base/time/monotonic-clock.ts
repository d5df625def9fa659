/**
 * The clock of durations, in milliseconds: back-offs, drain limits, health. It knows no time of day,
 * never goes back, and no change of the wall clock moves it. It stands still while the machine is
 * suspended (Linux' CLOCK_MONOTONIC): what was to happen after ten minutes happens after ten
 * minutes in which the node worked.
 */
export function monotonicMs(): number {
  return performance.now();
}
