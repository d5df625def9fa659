/** What was seen of rates since the page is open, for its charts. Pure but for what it keeps. */

/** A minute, at a value every two seconds. */
const valuesAtMost = 30;

/** More are not open at a time; those that were seen last stay. */
const keysAtMost = 5000;

export class History {
  /** @type {Map<string, number[]>} */
  #values = new Map();

  /**
   * Adds the latest value of a key, and returns all of it.
   * @param {string} key
   * @param {number | undefined} value nothing is added for undefined
   * @returns {readonly number[]}
   */
  add(key, value) {
    const values = this.#values.get(key) ?? [];
    if (value !== undefined) {
      values.push(value);
      values.splice(0, values.length - valuesAtMost);
      // The last one in the order of the map.
      this.#values.delete(key);
      this.#values.set(key, values);
      this.#forgetOldest();
    }
    return values;
  }

  #forgetOldest() {
    const [oldest] = this.#values.keys();
    if (this.#values.size > keysAtMost && oldest !== undefined) {
      this.#values.delete(oldest);
    }
  }
}

/**
 * The paths of a chart in a box of 100 by 24, the last value at the right.
 * @param {readonly number[]} values
 */
export function chartPaths(values) {
  if (values.length < 2) {
    return { line: '', area: '' };
  }
  const most = Math.max(...values, 1e-9);
  const step = 100 / (valuesAtMost - 1);
  const first = 100 - (values.length - 1) * step;
  const points = values.map(
    (value, index) =>
      `${(first + index * step).toFixed(1)} ${(22.5 - (value / most) * 20).toFixed(1)}`,
  );
  const line = `M${points.join('L')}`;
  return { line, area: `${line}L100 24L${first.toFixed(1)} 24Z` };
}
