/** How a part of a line looks on a terminal that has colours. */
export type Style = 'plain' | 'head' | 'name' | 'good' | 'warning' | 'bad' | 'faint';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** A line with what it is about, by which it is found again in a later table. */
export interface Line {
  readonly key: string;
  readonly spans: readonly Span[];
  /** How many of the spans stay where the others go to the side. */
  readonly fixed?: number;
}

/** SGR parameters. */
const codes: Readonly<Record<Style, string>> = {
  plain: '',
  head: '1',
  name: '1',
  good: '32',
  warning: '33',
  bad: '31',
  faint: '2',
};

/** Everything that a terminal may take for a command, and what turns the direction of writing. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text of others without what a terminal would act upon. */
export function printable(text: string): string {
  return text.replace(unprintable, '\u{fffd}');
}

export function span(text: string, style: Style = 'plain'): Span {
  return { text: printable(text), style };
}

/** The part of a line that is in a window of so many columns, behind the first `left`. */
export function cut(spans: readonly Span[], left: number, width: number): readonly Span[] {
  const kept: Span[] = [];
  let column = 0;
  for (const { text, style } of spans) {
    const from = Math.max(left - column, 0);
    const to = left + width - column;
    if (to > from && from < text.length) {
      kept.push({ text: text.slice(from, to), style });
    }
    column += text.length;
  }
  return kept;
}

/** The part of a line that is in a window of so many columns, when it has gone `left` to the side. */
export function windowOf({ spans, fixed = 0 }: Line, left: number, width: number): readonly Span[] {
  const stay = cut(spans.slice(0, fixed), 0, width);
  const taken = stay.reduce((sum, { text }) => sum + text.length, 0);
  return [...stay, ...cut(spans.slice(fixed), left, width - taken)];
}

/** A line as it is written, without blanks at its end. */
export function render(spans: readonly Span[], withColours: boolean): string {
  if (!withColours) {
    return spans
      .map(({ text }) => text)
      .join('')
      .trimEnd();
  }
  return spans
    .map(({ text, style }) => {
      const code = codes[style];
      return code === '' || text.trim() === '' ? text : `\u001b[${code}m${text}\u001b[0m`;
    })
    .join('');
}

/** Rows in columns of equal width, two blanks between them; a row without cells stands for itself. */
export interface Row {
  readonly key: string;
  readonly cells: readonly Span[] | undefined;
  /** In place of cells. */
  readonly whole?: readonly Span[];
}

/** How wide each column has to be, and is at least. */
export function columnWidths(rows: readonly Row[], least: readonly number[] = []): number[] {
  const widths = [...least];
  for (const { cells = [] } of rows) {
    cells.forEach(({ text }, column) => {
      widths[column] = Math.max(widths[column] ?? 0, text.length);
    });
  }
  return widths;
}

/** Rows as lines, in columns of these widths. */
export function inColumns(rows: readonly Row[], widths: readonly number[]): readonly Line[] {
  return rows.map(({ key, cells, whole = [] }) => ({
    key,
    spans:
      cells?.map(({ text, style }, column) => ({
        text: text.padEnd((widths[column] ?? 0) + 2),
        style,
      })) ?? whole,
    fixed: cells === undefined ? 0 : 1,
  }));
}
