import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Logger } from '../../src/base/log.ts';

/** A line of the log, in the JSON form. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A log that remembers. */
export interface RecordedLog {
  readonly log: Logger;
  readonly lines: readonly LogLine[];
  /** The messages of one level, in their order. */
  messages(level: string): readonly string[];
}

export function recordedLog(): RecordedLog {
  const lines: LogLine[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(...parseLog(chunk.toString()));
      done();
    },
  });
  const options = { level: 'trace', base: null, formatters: { level: labelOf } };
  return {
    log: pino(options, stream),
    lines,
    messages: (level) => lines.filter((line) => line.level === level).map(({ msg }) => msg),
  };
}

function labelOf(label: string): { level: string } {
  return { level: label };
}

/** The lines of a log in JSON; raises where one is something else. */
export function parseLog(text: string): LogLine[] {
  return (
    text
      .split('\n')
      .filter((line) => line !== '')
      // pino writes at least these fields.
      .map((line) => JSON.parse(line) as LogLine)
  );
}
