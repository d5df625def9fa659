/** How figures and times are written. Pure. */

/**
 * A count or rate in few letters: `0`, `0.4`, `12`, `3.4k`.
 * @param {number} value
 */
export function amount(value) {
  return scaled(value, 1000, ['', 'k', 'M', 'G', 'T', 'P']);
}

/**
 * Bytes in few letters: `512 B`, `3.4 KiB`.
 * @param {number} value
 */
export function bytes(value) {
  return scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB', ' PiB']);
}

/**
 * @param {number} value
 * @param {number} step
 * @param {readonly string[]} units
 */
function scaled(value, step, units) {
  let [rest, unit] = [value, 0];
  while (rounded(rest) >= step && unit < units.length - 1) {
    rest /= step;
    unit += 1;
  }
  return `${rounded(rest)}${units[unit] ?? ''}`;
}

/** @param {number} value */
function rounded(value) {
  return value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value);
}

/**
 * `5s`, `2m10s`, `3h20m`, `2d4h`
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  /** @type {readonly (readonly [number, string, number, string])[]} */
  const units = [
    [86_400, 'd', 3600, 'h'],
    [3600, 'h', 60, 'm'],
    [60, 'm', 1, 's'],
  ];
  for (const [big, bigName, small, smallName] of units) {
    if (seconds >= big) {
      const rest = Math.floor((seconds % big) / small);
      return `${Math.floor(seconds / big)}${bigName}${rest === 0 ? '' : `${rest}${smallName}`}`;
    }
  }
  return `${seconds}s`;
}

/**
 * `1 Service`, `2 Services`
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}
