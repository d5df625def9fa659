import { parseArgs } from 'node:util';
import type { Strictness } from './figure.ts';

/** What can be measured, in the order of the report. */
export const partNames = [
  'first-sync',
  'growth',
  'scale',
  'change',
  'large-service',
  'burst',
  'audit',
  'counters',
  'memory',
  'start',
  'processes',
  'data-path',
] as const;

/** What is cheap and does not need a large table to say something. */
const quickParts: readonly PartName[] = [
  'first-sync',
  'change',
  'large-service',
  'burst',
  'processes',
];

export type PartName = (typeof partNames)[number];

/** What is measured and how often. */
export interface BenchOptions {
  readonly services: number;
  /** Real servers of each Service. */
  readonly endpoints: number;
  readonly runs: number;
  /** A small table: ratios are those of the start-up as much as of the work. */
  readonly quick: boolean;
  readonly parts: readonly PartName[];
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `usage: npm run bench -- [OPTION]...

Measures in a real IPVS kernel what a table of Services costs kube-ipvs, and holds the figures
against their bounds.

  --services N    Services, each with one cluster IP and one port (default 5000, most 65000)
  --endpoints M   real servers of each Service (default 5, most 100)
  --runs R        runs of each measurement (default 5, most 100)
  --only P,...    these parts alone: ${partNames.slice(0, 6).join(', ')},
                  ${partNames.slice(6).join(', ')}
  --quick         a small version: 300 Services, 2 runs and ${quickParts.length} parts, unless told otherwise;
                  judges only what no noise can break
  --profile DIR   no figures: a CPU profile of the first sync, and of 1000 changes, into DIR

The bounds hold for tables of 5000 Services with 5 real servers, or larger ones. Smaller tables,
like those of --quick, only guard against absurd ratios.

Exit status: 0 no required bound was missed; 1 one was, or a measurement failed; 2 wrong usage.`;

const full = { services: 5000, endpoints: 5, runs: 5 } as const;
const quick = { services: 300, endpoints: 5, runs: 2 } as const;

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'help' }
  | { readonly kind: 'measure'; readonly options: BenchOptions }
  | { readonly kind: 'profile'; readonly options: BenchOptions; readonly folder: string };

/** Reads the command line. Throws UsageError. */
export function parseRequest(args: readonly string[]): Request {
  const values = parse(args);
  if (values.help === true) {
    return { kind: 'help' };
  }
  const byDefault = values.quick === true ? quick : full;
  const options = {
    services: wholeNumber('services', values.services, byDefault.services, 65_000),
    endpoints: wholeNumber('endpoints', values.endpoints, byDefault.endpoints, 100),
    runs: wholeNumber('runs', values.runs, byDefault.runs, 100),
    quick: values.quick === true,
    parts: parseParts(values.only, values.quick === true ? quickParts : partNames),
  };
  return values.profile === undefined
    ? { kind: 'measure', options }
    : { kind: 'profile', options, folder: values.profile };
}

/** The command line that parses to this request. */
export function formatRequest(request: Exclude<Request, { readonly kind: 'help' }>): string[] {
  const { services, endpoints, runs, quick: isQuick, parts } = request.options;
  return [
    ...(isQuick ? ['--quick'] : []),
    ...Object.entries({ services, endpoints, runs }).map(([name, value]) => `--${name}=${value}`),
    `--only=${parts.join(',')}`,
    ...(request.kind === 'profile' ? [`--profile=${request.folder}`] : []),
  ];
}

/** One for each virtual server and one for each real server. */
export function messageCount({
  services,
  endpoints,
}: Pick<BenchOptions, 'services' | 'endpoints'>): number {
  return services * (1 + endpoints);
}

/** Whether the table is large enough for the bounds to be meant. */
export function strictnessOf(options: BenchOptions): Strictness {
  const isLarge = options.services >= full.services && options.endpoints >= full.endpoints;
  return isLarge && !options.quick ? 'full' : 'quick';
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        services: { type: 'string' },
        endpoints: { type: 'string' },
        runs: { type: 'string' },
        only: { type: 'string' },
        profile: { type: 'string' },
        quick: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** In the order of the report, whatever the order in which they are named. */
function parseParts(text: string | undefined, byDefault: readonly PartName[]): readonly PartName[] {
  if (text === undefined) {
    return byDefault;
  }
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !(partNames as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--only '${unknown}' is no part: ${partNames.join(', ')}`);
  }
  return partNames.filter((name) => wanted.includes(name));
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
