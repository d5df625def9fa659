import { parseArgs } from 'node:util';

/** What is measured and how often. */
export interface BenchOptions {
  readonly services: number;
  /** Real servers of each Service. */
  readonly endpoints: number;
  readonly runs: number;
  /** A small table: ratios are those of the start-up as much as of the work. */
  readonly quick: boolean;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `usage: npm run bench -- [OPTION]...

Measures in a real IPVS kernel how long a table of Services takes from nothing, by ipvsadm and by
each layer of kube-ipvs, and holds the ratios against their bounds.

  --services N    Services, each with one cluster IP and one port (default 5000, most 65000)
  --endpoints M   real servers of each Service (default 5, most 100)
  --runs R        runs of each variant (default 5, most 100)
  --quick         500 Services and 2 runs, unless told otherwise; fails on absurd ratios alone

The bounds hold for tables of 5000 Services with 5 real servers, or larger ones. Smaller tables,
like those of --quick, only guard against absurd ratios.

Exit status: 0 all bounds held; 1 a bound was missed or a measurement failed; 2 wrong usage.`;

const full = { services: 5000, endpoints: 5, runs: 5 } as const;
const quick = { services: 500, endpoints: 5, runs: 2 } as const;

/** Reads the command line; undefined where only help is wanted. Raises UsageError. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args);
  if (values.help === true) {
    return undefined;
  }
  const byDefault = values.quick === true ? quick : full;
  return {
    services: wholeNumber('services', values.services, byDefault.services, 65_000),
    endpoints: wholeNumber('endpoints', values.endpoints, byDefault.endpoints, 100),
    runs: wholeNumber('runs', values.runs, byDefault.runs, 100),
    quick: values.quick === true,
  };
}

/** The command line that parses to these options. */
export function formatOptions(options: BenchOptions): string[] {
  const { services, endpoints, runs } = options;
  return [
    ...(options.quick ? ['--quick'] : []),
    ...Object.entries({ services, endpoints, runs }).map(([name, value]) => `--${name}=${value}`),
  ];
}

/** One for each virtual server and one for each real server. */
export function messageCount({ services, endpoints }: BenchOptions): number {
  return services * (1 + endpoints);
}

/** Whether the table is large enough for the bounds to be meant. */
export function boundsApply(options: BenchOptions): boolean {
  return !options.quick && options.services >= full.services && options.endpoints >= full.endpoints;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        services: { type: 'string' },
        endpoints: { type: 'string' },
        runs: { type: 'string' },
        quick: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function wholeNumber(
  name: string,
  text: string | undefined,
  byDefault: number,
  most: number,
): number {
  if (text === undefined) {
    return byDefault;
  }
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most) {
    throw new UsageError(`--${name} '${text}' is not a whole number from 1 to ${most}`);
  }
  return value;
}
