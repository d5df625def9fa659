import { CommanderError } from 'commander';
import { asError } from './base/as-error.ts';
import { cleanup } from './cli/cleanup.ts';
import { doctor } from './cli/doctor.ts';
import { exitCode, type ExitCode } from './cli/exit-code.ts';
import { explain } from './cli/explain.ts';
import type {
  CleanupOptions,
  CommonOptions,
  DoctorOptions,
  ExplainOptions,
  PlanOptions,
  RunOptions,
  ShowOptions,
} from './cli/options.ts';
import { plan } from './cli/plan.ts';
import { createProgram, type Action } from './cli/program.ts';
import { run } from './cli/run.ts';
import { show } from './cli/show/show.ts';
import { ConfigurationError } from './config/load-settings.ts';
import { IpvsUnavailableError } from './kernel/ipvs/ipvs-error.ts';
import { createLogger } from './base/log.ts';
import { version } from './base/version.ts';

type Work = () => Promise<ExitCode>;

/** Carries out one command line and returns the exit code. */
async function main(argv: readonly string[]): Promise<ExitCode> {
  let work: Work | undefined;
  const action: Action = (command, options) => {
    work = workOf(command, options);
  };
  const program = createProgram(version, action, argv[2]);
  program.commands.forEach((command) => command.exitOverride());
  try {
    program.exitOverride().parse(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCode.success : exitCode.usage;
    }
    throw error;
  }
  return work === undefined ? exitCode.usage : work();
}

/** The options have the shape that `createProgram` declares for the command: hence the casts. */
function workOf(command: Parameters<Action>[0], options: object): Work {
  const { logLevel, logFormat } = options as CommonOptions;
  const log = createLogger(logLevel, logFormat);
  const work = {
    run: () => run(options as RunOptions, log),
    plan: () => plan(options as PlanOptions, log),
    show: () => show(options as ShowOptions, log),
    doctor: () => doctor(options as DoctorOptions),
    explain: () => explain(options as ExplainOptions, log),
    cleanup: () => cleanup(options as CleanupOptions, log),
  }[command];
  return async () => {
    try {
      return await work();
    } catch (error) {
      log.fatal(asError(error).message);
      return codeOf(error);
    }
  };
}

function codeOf(error: unknown): ExitCode {
  if (error instanceof ConfigurationError) {
    return exitCode.usage;
  }
  return error instanceof IpvsUnavailableError ? exitCode.unavailable : exitCode.failure;
}

// The reader of the output, `head` for instance, may have enough before its end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
});

// Should all activity end before main does, that is a failure too.
process.exitCode = exitCode.failure;
void main(process.argv).then((code) => {
  process.exitCode = code;
});
