import { styleText } from 'node:util';
import { notAsked, type Finding, type Severity } from '../doctor/finding.ts';
import { countFindings, type CheckReport } from '../doctor/run-checks.ts';
import { version } from '../base/version.ts';

/** Where a report goes. */
export interface ReportPlace {
  /** Colours are for terminals alone. */
  readonly isTerminal: boolean;
  /** Letters of a line; undefined where there is no end to it. */
  readonly width: number | undefined;
}

/** So many findings of one kind are shown to people; programs get all. */
const shownOfAKind = 5;
const defaultWidth = 100;
const indent = ' '.repeat(9);

/** All findings for programs. Ends with a new line. Pure. */
export function doctorJson(reports: readonly CheckReport[], nodeName: string): string {
  const { error: errors, warning: warnings, note: notes } = countFindings(reports);
  const checks = reports.map(({ name, title, severity, findings }) => ({
    name,
    title,
    severity,
    findings: findings.map(({ kind, severity: each, seen, means, command }) => ({
      kind,
      severity: each,
      seen,
      ...(means === '' ? {} : { means }),
      ...(command === undefined ? {} : { command }),
    })),
  }));
  const report = { version, node: nodeName, summary: { errors, warnings, notes }, checks };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** All findings for people: the gravest first, and what is as it should be in a line each. Pure. */
export function doctorText(
  reports: readonly CheckReport[],
  nodeName: string,
  place: ReportPlace,
): string {
  const long = reports.filter((report) => !isSaidInALine(report));
  const problems = (['error', 'warning', 'note'] as const).flatMap((severity) =>
    long.flatMap((report) => sectionsOf(report, severity, place)),
  );
  const width = Math.max(0, ...reports.map(({ name }) => name.length));
  const short = reports.filter(isSaidInALine).map(({ name, severity, findings }) => {
    const seen = findings.map((finding) => printable(finding.seen)).join('; ');
    return `${head(severity, place)}${name.padEnd(width)}  ${seen}\n`;
  });
  const parts = [`${summaryOf(reports, nodeName)}\n`, ...problems, short.join('')];
  return parts.filter((part) => part !== '').join('\n');
}

/** What is as it should be, and what was not looked at: no more is to be said of it. */
function isSaidInALine({ findings }: CheckReport): boolean {
  return findings.every(({ severity, kind }) => severity === 'ok' || kind === notAsked);
}

function summaryOf(reports: readonly CheckReport[], nodeName: string): string {
  const { error, warning, note } = countFindings(reports);
  const counts = [
    countText(error, 'error'),
    countText(warning, 'warning'),
    countText(note, 'note'),
  ];
  return `${reports.length} checks of node ${printable(nodeName)}: ${counts.join(', ')}`;
}

function countText(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The findings of one severity, those of a kind together: what it means is said once. */
function sectionsOf(
  { name, findings }: CheckReport,
  severity: Exclude<Severity, 'ok'>,
  place: ReportPlace,
): readonly string[] {
  const kinds = Map.groupBy(
    findings.filter((finding) => finding.severity === severity),
    ({ kind }) => kind,
  );
  return [...kinds.values()].map((ofKind) => {
    const shown = ofKind.slice(0, shownOfAKind);
    const more = ofKind.length - shown.length;
    const [first] = shown;
    const lines = [
      ...shown.map(
        ({ seen }, index) =>
          `${index === 0 ? head(severity, place) : indent}${wrapped(`${name}: ${printable(seen)}`, place)}`,
      ),
      ...(more > 0 ? [`${indent}and ${more} more of this kind (-o json has all)`] : []),
      `${indent}${wrapped(first?.means ?? '', place)}`,
      ...commandsOf(shown).map((command) => `${indent}$ ${command}`),
    ];
    return `${lines.join('\n')}\n`;
  });
}

/** Each once, and never broken: they are to be pasted. */
function commandsOf(findings: readonly Finding[]): readonly string[] {
  const commands = findings.flatMap(({ command }) => command ?? []);
  return [...new Set(commands)].map(printable);
}

const colours = { error: 'red', warning: 'yellow', note: 'cyan', ok: 'green' } as const;
const words = { error: 'ERROR', warning: 'WARNING', note: 'note', ok: 'ok' } as const;

/** The word of a severity, as wide as the indent. */
function head(severity: Severity, { isTerminal }: ReportPlace): string {
  const word = words[severity];
  const blanks = ' '.repeat(indent.length - word.length);
  const painted = isTerminal ? styleText(colours[severity], word, { validateStream: false }) : word;
  return `${painted}${blanks}`;
}

/** Without characters that a terminal obeys: what objects are named is not for us to choose. */
function printable(text: string): string {
  // The control characters of ASCII and Latin-1, and those that turn the direction of text round.
  return text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

/** Lines that fit, each but the first with an indent. */
function wrapped(text: string, { width = defaultWidth }: ReportPlace): string {
  const room = Math.max(40, Math.min(width, defaultWidth)) - indent.length;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${indent}`);
}
