/** A count or rate in few letters: `0`, `0.4`, `12`, `3.4k`, `120k`, `7.1M`. */
export function amount(value: number): string {
  return scaled(value, 1000, ['', 'k', 'M', 'G', 'T', 'P']);
}

/** Bytes in few letters: `0`, `512`, `3.4Ki`, `7.1Mi`. */
export function bytes(value: number): string {
  return scaled(value, 1024, ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi']);
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let [rest, unit] = [value, 0];
  while (rounded(rest) >= step && unit < units.length - 1) {
    rest /= step;
    unit += 1;
  }
  return `${rounded(rest)}${units[unit] ?? ''}`;
}

/** One digit behind the point below 10. */
function rounded(value: number): number {
  return value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value);
}
