import { foreignAtVipAdvice } from '../../desired/foreign-at-vips.ts';
import type { ProblemView } from '../../inspect/views/problem-view.ts';
import type { Shown } from './shown-node.ts';
import { columnWidths, inColumns, render, span, type Line } from './spans.ts';
import { headRow, serviceRows, strayRows, type Detail } from './table.ts';

export interface TextOptions {
  readonly detail: Detail;
  readonly withColours: boolean;
  /** Whether less than everything was asked for. */
  readonly isFiltered: boolean;
}

/** What a node does, for people: its virtual servers, and then what is wrong. Ends with a new line. */
export function showText(shown: Shown, options: TextOptions): string {
  const { detail, withColours } = options;
  const nowMs = Date.parse(shown.summary.at);
  const rows = [
    headRow(detail),
    ...shown.services.flatMap((service) => serviceRows(service, { detail, nowMs })),
    ...shown.strays.flatMap((stray) => strayRows(stray, { detail, nowMs })),
  ];
  const table =
    rows.length === 1 ? [sentence(nothingText(options))] : inColumns(rows, columnWidths(rows));
  const filter = options.isFiltered ? [] : filterLines(shown);
  return [...table, ...notes(shown), ...filter, ...problemLines(shown)]
    .map(({ spans }) => `${render(spans, withColours).trimEnd()}\n`)
    .join('');
}

function nothingText({ isFiltered }: TextOptions): string {
  return isFiltered
    ? 'Nothing here is as asked for.'
    : 'The kernel holds no virtual server, and no Service wants one.';
}

/** What is to be said about the table as a whole. */
function notes({ services, strays, summary }: Shown): readonly Line[] {
  const lines: Line[] = [];
  if (strays.some(({ state }) => state.kind === 'foreign, refused')) {
    lines.push(
      sentence(''),
      sentence(
        `(foreign, refused): a VIP answers on the ports of its Service alone; ${foreignAtVipAdvice}.`,
      ),
    );
  }
  const drains = services.some(({ virtualServers }) =>
    virtualServers.some(({ realServers }) =>
      realServers.some(({ state }) => state.kind === 'draining' && state.since === null),
    ),
  );
  if (drains && !summary.isDaemon) {
    lines.push(
      sentence(''),
      sentence('draining: since when, the running daemon alone knows, and none answers.'),
    );
  }
  return lines;
}

/** As `plan` says it, which says what a start would choose. */
function filterLines({ summary: { packetFilter } }: Shown): readonly Line[] {
  return packetFilter === null
    ? []
    : [sentence(''), sentence(`Packet filter ${packetFilter.kind}: ${packetFilter.why}.`)];
}

/** What is wrong, each with what to do. */
export function problemLines({
  problems,
  problemCount,
}: Pick<Shown, 'problems' | 'problemCount'>): readonly Line[] {
  if (problemCount === 0) {
    return [];
  }
  const left = problemCount - problems.length;
  return [
    sentence(''),
    { key: 'problems', spans: [span(`Problems (${problemCount}):`, 'head')] },
    ...problems.flatMap(problemOf),
    ...(left > 0 ? [sentence(`  and ${left} more`)] : []),
  ];
}

function problemOf(problem: ProblemView): readonly Line[] {
  const { object, reason, text, advice } = problem;
  const key = `problem ${object} ${reason} ${text}`;
  const isNamed = text.startsWith(object);
  return [
    { key, spans: [span(`  ${reason}: `, 'bad'), span(isNamed ? text : `${object}: ${text}`)] },
    { key: `${key} advice`, spans: [span(`    ${advice}`, 'faint')] },
  ];
}

function sentence(text: string): Line {
  return { key: text, spans: [span(text)] };
}
