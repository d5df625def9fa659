import type { LogLevel } from '../base/log.ts';

/**
 * The log level that a verbosity of kube-proxy (`--v`, `logging.verbosity`) stands for. Clusters
 * run with 2 or 3 day in, day out, hence nothing more than info up to there.
 */
export function logLevelOf(verbosity: number): LogLevel {
  if (verbosity >= 6) {
    return 'trace';
  }
  return verbosity >= 4 ? 'debug' : 'info';
}

/** Reads a verbosity as `--v` takes it. Undefined for anything but a whole number from 0 on. */
export function parseVerbosity(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
