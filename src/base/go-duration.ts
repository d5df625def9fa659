const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Reads a duration as Go and Kubernetes write it (`30s`, `1m30s`, `1.5h`, `0`), in
 * milliseconds. Undefined for anything else. Negative ones are not durations here.
 */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') {
    return 0;
  }
  // The micro sign is escaped in patterns: see the test of the built program for letters beyond ASCII.
  if (!/^(\d+(\.\d+)?(ns|us|\u00b5s|ms|s|m|h))+$/.test(text)) {
    return undefined;
  }
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|\u00b5s|ms|s|m|h)/g)) {
    sum += Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN);
  }
  return sum;
}
