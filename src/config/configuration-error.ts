import { formatProblem, type Problem } from '../base/problem.ts';

/** The configuration cannot be used; the message has a line for every wrong field. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  static of(problems: readonly Problem[]): ConfigurationError {
    return new ConfigurationError(problems.map(formatProblem).join('\n'));
  }
}
