/** What the process answers to its caller; documented in docs/command-line.md. */
export const exitCode = {
  success: 0,
  /** The kernel is not as desired, or something could not be read or done. */
  failure: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** IPVS is not there, or may not be used. */
  unavailable: 3,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
