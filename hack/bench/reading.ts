/** What one run of a probe has measured, by name. */
export type Reading = Readonly<Record<string, number>>;

/** Reads what a probe's process wrote. Throws where that is no reading. */
export function parseReading(text: string): Reading {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`not a reading: ${text}`);
  }
  const entries = Object.entries(value).map(([name, number]) => {
    if (typeof number !== 'number') {
      throw new Error(`not a reading: ${text}`);
    }
    return [name, number] as const;
  });
  return Object.fromEntries(entries);
}

/** One value of a reading. Throws where it is missing. */
export function valueOf(reading: Reading, name: string): number {
  const value = reading[name];
  if (value === undefined) {
    throw new Error(`the reading has no '${name}'`);
  }
  return value;
}

/** The values of one name in all readings. Throws where one is missing. */
export function valuesOf(readings: readonly Reading[], name: string): number[] {
  return readings.map((reading) => valueOf(reading, name));
}
