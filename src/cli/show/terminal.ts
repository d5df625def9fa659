/** Whether standard output is a terminal that may be given colours (https://no-color.org). */
export function hasColours(): boolean {
  return process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
}

/** What a key does on the page of `--watch`. */
export type Key =
  | 'quit'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page up'
  | 'page down'
  | 'start'
  | 'end'
  | 'problems'
  | 'wide';

const escape = '\u001b';

const keys: Readonly<Record<string, Key>> = {
  q: 'quit',
  Q: 'quit',
  '\u0003': 'quit',
  k: 'up',
  j: 'down',
  h: 'left',
  l: 'right',
  b: 'page up',
  ' ': 'page down',
  g: 'start',
  G: 'end',
  p: 'problems',
  w: 'wide',
  [`${escape}[A`]: 'up',
  [`${escape}[B`]: 'down',
  [`${escape}[C`]: 'right',
  [`${escape}[D`]: 'left',
  [`${escape}OA`]: 'up',
  [`${escape}OB`]: 'down',
  [`${escape}OC`]: 'right',
  [`${escape}OD`]: 'left',
  [`${escape}[5~`]: 'page up',
  [`${escape}[6~`]: 'page down',
  [`${escape}[H`]: 'start',
  [`${escape}[F`]: 'end',
  [`${escape}OH`]: 'start',
  [`${escape}OF`]: 'end',
  [`${escape}[1~`]: 'start',
  [`${escape}[4~`]: 'end',
};

/** The keys in what a terminal sends; those that mean nothing are left out. */
export function keysIn(input: string): readonly Key[] {
  // An escape sequence, else a letter.
  // eslint-disable-next-line no-control-regex
  const parts = input.match(/\u001b(?:\[[\d;]*[A-Za-z~]|O[A-Za-z])|[^\u001b]/gu) ?? [];
  return parts.map((part) => keys[part]).filter((key) => key !== undefined);
}

/** What a terminal is sent. */
export const terminalCommands = {
  /** Another screen, without a cursor, and no line that goes on in the next one. */
  enter: `${escape}[?1049h${escape}[?25l${escape}[?7l`,
  leave: `${escape}[?7h${escape}[?25h${escape}[?1049l`,
} as const;

/** The rows of a whole screen, written over what is there. */
export function redraw(rows: readonly string[]): string {
  const lines = rows.map((row) => `${row}${escape}[K`).join('\r\n');
  return `${escape}[?2026h${escape}[H${lines}${escape}[J${escape}[?2026l`;
}
