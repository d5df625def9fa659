import { pino, type Logger } from 'pino';
import { build as pretty } from 'pino-pretty';

export type { Logger } from 'pino';

export const logLevels = ['error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFormats = ['auto', 'json', 'pretty'] as const;
/** `auto`: pretty on a terminal, else JSON. */
export type LogFormat = (typeof logFormats)[number];

const standardError = 2;

/** The log goes to standard error, so that standard output holds what was asked for alone. */
export function createLogger(level: LogLevel, format: LogFormat): Logger {
  const isTerminal = process.stderr.isTTY;
  const options = { level, base: null };
  return format === 'pretty' || (format === 'auto' && isTerminal)
    ? pino(
        options,
        pretty({
          destination: standardError,
          sync: true,
          colorize: isTerminal && process.env['NO_COLOR'] === undefined,
          translateTime: 'SYS:HH:MM:ss.l',
          ignore: 'pid,hostname',
        }),
      )
    : pino(
        { ...options, formatters: { level: (label) => ({ level: label }) } },
        pino.destination({ dest: standardError, sync: true }),
      );
}
