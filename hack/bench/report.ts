import { formatTable } from '../../src/cli/text-table.ts';
import { formatBound, isHeld, speedUp, timesFloor, type Bound, type Summaries } from './bounds.ts';
import { groupParts, summarize, type Summary } from './statistics.ts';
import {
  variantNames,
  variantTitles,
  type Measurement,
  type VariantName,
} from './variant-names.ts';

/** All runs of each variant. */
export type Measurements = Readonly<Record<VariantName, readonly Measurement[]>>;

const head = ['', 'median ms', 'min - max', 'x ipvsadm', 'x floor', 'bound'] as const;

/** Raises RangeError where a variant was not measured. */
export function summarizeAll(measurements: Measurements): Summaries {
  const entries = variantNames.map((name) => [
    name,
    summarize(measurements[name].map(({ ms }) => ms)),
  ]);
  // The keys are all the names, which the type of fromEntries does not know.
  return Object.fromEntries(entries) as Summaries;
}

/** The table of all variants with their parts, medians in milliseconds. */
export function formatReport(measurements: Measurements, applied: readonly Bound[]): string {
  const summaries = summarizeAll(measurements);
  const rows = variantNames.flatMap((name) => [
    variantRow(name, summaries, applied),
    ...partRows(measurements[name]),
  ]);
  return formatTable(alignRight([head, ...rows]));
}

function variantRow(
  name: VariantName,
  summaries: Summaries,
  applied: readonly Bound[],
): readonly string[] {
  const verdicts = applied
    .filter(({ variant }) => variant === name)
    .map((bound) => formatVerdict(bound, isHeld(bound, summaries)));
  return [
    variantTitles[name],
    ...summaryCells(summaries[name]),
    speedUp(summaries, name).toFixed(2),
    timesFloor(summaries, name).toFixed(2),
    verdicts.join(', '),
  ];
}

function formatVerdict(bound: Bound, held: boolean): string {
  const missed = bound.status === 'required' ? 'MISSED' : 'not yet';
  return `${bound.status === 'goal' ? 'goal ' : ''}${formatBound(bound)}: ${held ? 'held' : missed}`;
}

function partRows(measurements: readonly Measurement[]): readonly string[][] {
  const groups = groupParts(measurements.map(({ parts }) => parts));
  return Array.from(groups, ([part, samples]) => [
    `  ${part}`,
    ...summaryCells(summarize(samples)),
    '',
    '',
    '',
  ]);
}

function summaryCells({ median, min, max }: Summary): string[] {
  return [formatMs(median), `${formatMs(min)} - ${formatMs(max)}`];
}

function formatMs(ms: number): string {
  return ms.toFixed(ms < 100 ? 1 : 0);
}

/** The columns of numbers, which are neither the first nor the last. */
function alignRight(rows: readonly (readonly string[])[]): string[][] {
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0 || column === head.length - 1 ? cell : cell.padStart(widths[column] ?? 0),
    ),
  );
}
