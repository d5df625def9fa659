/** The ways of getting the table into the kernel, in the order of the report. */
export const variantNames = [
  'ipvsadm',
  'floor',
  'client',
  'reconciler',
  'everything',
  'program',
] as const;

export type VariantName = (typeof variantNames)[number];

/** What each way does, as the report tells it. */
export const variantTitles: Readonly<Record<VariantName, string>> = {
  ipvsadm: 'ipvsadm --restore',
  floor: 'floor: encoded beforehand, only sent',
  client: 'batch client: encode and send',
  reconciler: 'IPVS alone, through the reconciler',
  everything: 'everything, process start excluded',
  program: 'everything: kube-ipvs run --once',
};

/** What one run of a variant took. */
export interface Measurement {
  readonly ms: number;
  /** Parts of it, by name, or what it is to be compared with; milliseconds. */
  readonly parts: Readonly<Record<string, number>>;
}

export function isVariantName(name: string): name is VariantName {
  return (variantNames as readonly string[]).includes(name);
}

/** Reads what a variant's process wrote. Raises where that is not a measurement. */
export function parseMeasurement(text: string): Measurement {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value) || typeof value['ms'] !== 'number' || !isRecord(value['parts'])) {
    throw new Error(`not a measurement: ${text}`);
  }
  const parts = Object.entries(value['parts']).map(([name, ms]) => {
    if (typeof ms !== 'number') {
      throw new Error(`not a measurement: ${text}`);
    }
    return [name, ms] as const;
  });
  return { ms: value['ms'], parts: Object.fromEntries(parts) };
}

/** The variants of one run: each run starts with another one, so that none is always the first. */
export function orderOfRun(run: number): VariantName[] {
  const first = run % variantNames.length;
  return [...variantNames.slice(first), ...variantNames.slice(0, first)];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
