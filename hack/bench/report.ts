import { formatTable } from '../../src/cli/text-table.ts';
import { flatten, judge, type Bound, type Figure, type Strictness, type Unit } from './figure.ts';
import { summarize } from './statistics.ts';

/** Figures that belong together, under a headline. */
export interface Section {
  readonly title: string;
  /** What the times include, line by line. */
  readonly notes: readonly string[];
  readonly figures: readonly Figure[];
}

const head = ['', 'median', 'min - max', 'bound'] as const;

/** One section as it is printed. Throws RangeError where a figure was not measured. */
export function formatSection(section: Section, strictness: Strictness): string {
  const rows = flatten(section.figures).map(({ figure, depth }) =>
    figureRow(figure, depth, strictness),
  );
  const notes = section.notes.map((note) => `  ${note}\n`).join('');
  return `== ${section.title}\n${notes}${formatTable(alignRight([head, ...rows]))}`;
}

/** All that has a bound as one table in Markdown, for a document. */
export function formatBoundTable(sections: readonly Section[], strictness: Strictness): string {
  const rows = sections.flatMap(({ title, figures }) =>
    figures.flatMap((top) =>
      withBounds([top], strictness).map(({ figure, bound, verdict }) => {
        const name = figure === top ? top.name : `${top.name}, ${figure.name}`;
        const limit = formatBound(bound, figure.unit, strictness);
        return [`${subjectOf(title)}: ${name}`, formatMedian(figure), `${limit}: ${verdict}`];
      }),
    ),
  );
  const lines = [['figure', 'median', 'bound'], ['---', '---', '---'], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** What stands before the first colon or comma of a title. */
function subjectOf(title: string): string {
  return title.split(/[:,]/, 1)[0] ?? title;
}

/** One sentence for each bound that fails the benchmark. */
export function missedBounds(sections: readonly Section[], strictness: Strictness): string[] {
  return sections.flatMap(({ title, figures }) =>
    withBounds(figures, strictness)
      .filter(({ verdict }) => verdict === 'missed')
      .map(
        ({ figure, bound }) =>
          `${title}: ${figure.name} is ${formatMedian(figure)}, ` +
          `the bound is ${formatBound(bound, figure.unit, strictness)}`,
      ),
  );
}

/** `21 bounds: 12 held, 9 not yet`. */
export function formatTally(sections: readonly Section[], strictness: Strictness): string {
  const verdicts = sections.flatMap(({ figures }) =>
    withBounds(figures, strictness).map(({ verdict }) => verdict),
  );
  const counts = (['held', 'missed', 'not yet', 'not judged'] as const)
    .map((verdict) => ({ verdict, count: verdicts.filter((each) => each === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict}`);
  return `${verdicts.length} bounds${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`;
}

function withBounds(figures: readonly Figure[], strictness: Strictness) {
  return flatten(figures).flatMap(({ figure }) => {
    const verdict = judge(figure, strictness);
    return figure.bound === undefined ? [] : [{ figure, bound: figure.bound, verdict }];
  });
}

function figureRow(figure: Figure, depth: number, strictness: Strictness): readonly string[] {
  const { min, max } = summarize(figure.samples);
  const range = [min, max].map((value) => formatNumber(value, figure.unit)).join(' - ');
  return [
    `${'  '.repeat(depth)}${figure.name}`,
    formatMedian(figure),
    min === max ? '' : range,
    verdictText(figure, strictness),
  ];
}

function verdictText(figure: Figure, strictness: Strictness): string {
  const { bound, unit } = figure;
  const verdict = judge(figure, strictness);
  if (bound === undefined || verdict === undefined) {
    return '';
  }
  const goal = bound.status === 'goal' && strictness === 'full' ? 'goal ' : '';
  const word = verdict === 'missed' ? 'MISSED' : verdict;
  return `${goal}${formatBound(bound, unit, strictness)}: ${word}`;
}

function formatBound(bound: Bound, unit: Unit, strictness: Strictness): string {
  const limit = strictness === 'quick' ? (bound.quickLimit ?? bound.limit) : bound.limit;
  const sign = { 'at least': '>=', 'at most': '<=', exactly: '=' }[bound.sense];
  return `${sign} ${limit}${unitText[unit]}`;
}

const unitText: Readonly<Record<Unit, string>> = {
  s: ' s',
  ms: ' ms',
  us: ' us',
  kB: ' kB',
  MB: ' MB',
  times: 'x',
  count: '',
};

function formatMedian({ samples, unit }: Figure): string {
  return `${formatNumber(summarize(samples).median, unit)}${unitText[unit]}`;
}

/** Three digits that count. */
function formatNumber(value: number, unit: Unit): string {
  if (unit === 'count' && Number.isInteger(value)) {
    return String(value);
  }
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(digits);
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
