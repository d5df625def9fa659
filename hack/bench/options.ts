import { parseArgs } from 'node:util';
import type { Strictness } from './figure.ts';

/** What can be measured, in the order of the report. */
export const partNames = [
  'run-once',
  'first-sync',
  'growth',
  'scale',
  'change',
  'large-service',
  'burst',
  'audit',
  'counters',
  'outliers',
  'looked-at',
  'memory',
  'start',
  'connection',
  'front-end',
  'port-ranges',
  'processes',
  'data-path',
] as const;

/** What is held against bounds, where times are counted instructions. */
const countedParts: readonly PartName[] = [
  'run-once',
  'first-sync',
  'change',
  'burst',
  'memory',
  'start',
  'connection',
  'front-end',
];

/** What is cheap and does not need a large table to say something. */
const quickParts: readonly PartName[] = ['first-sync', 'change', 'large-service', 'processes'];

export type PartName = (typeof partNames)[number];

/** What is measured and how often. */
export interface BenchOptions {
  readonly services: number;
  /** Real servers of each Service. */
  readonly endpoints: number;
  readonly runs: number;
  /** A small table: ratios are those of the start-up as much as of the work. */
  readonly quick: boolean;
  /** In a distribution's kernel whose clock counts instructions. */
  readonly counted: boolean;
  readonly parts: readonly PartName[];
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `usage: npm run bench -- [OPTION]...

Measures in a real IPVS kernel what a table of Services costs kube-ipvs.

  --counted       in the kernel of a distribution, by a clock that counts instructions: the same figures
                  on every machine. 1000 Services, 3 runs and ${countedParts.length} parts, unless told otherwise; the
                  figures are held against their bounds. Without it: in User Mode Linux, by the time
                  that it takes, where only what is absurd is a finding
  --services N    Services, each with one cluster IP and one port (default 5000, most 65000)
  --endpoints M   real servers of each Service (default 5, most 100)
  --runs R        runs of each measurement (default 5, most 100)
  --only P,...    these parts alone: ${partNames.slice(0, 6).join(', ')},
                  ${partNames.slice(6).join(', ')}
  --quick         a small version: 300 Services, 2 runs and ${quickParts.length} parts, unless told otherwise
  --profile DIR   no figures: a CPU profile of the first sync, and of 1000 changes, into DIR

The bounds are those of 1000 Services with 5 real servers.

Exit status: 0 no required bound was missed; 1 one was, or a measurement failed; 2 wrong usage.`;

const full = { services: 5000, endpoints: 5, runs: 5 } as const;
const quick = { services: 300, endpoints: 5, runs: 2 } as const;
const counted = { services: 1000, endpoints: 5, runs: 3 } as const;

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
  const isCounted = values.counted === true;
  if (isCounted && values.quick === true) {
    throw new UsageError('--quick has no bounds that --counted could be held against');
  }
  const [byDefault, defaultParts] = defaultsOf(values);
  const parts = parseParts(values.only, defaultParts);
  if (isCounted && parts.includes('data-path')) {
    throw new UsageError(
      '--only data-path counts rules and needs no clock: run it without --counted, by both packet filters ' +
        'with KUBE_IPVS_TEST_KERNEL=debian-13',
    );
  }
  const options = {
    services: wholeNumber('services', values.services, byDefault.services, 65_000),
    endpoints: wholeNumber('endpoints', values.endpoints, byDefault.endpoints, 100),
    runs: wholeNumber('runs', values.runs, byDefault.runs, 100),
    quick: values.quick === true,
    counted: isCounted,
    parts,
  };
  return values.profile === undefined
    ? { kind: 'measure', options }
    : { kind: 'profile', options, folder: values.profile };
}

/** The command line that parses to this request. */
export function formatRequest(request: Exclude<Request, { readonly kind: 'help' }>): string[] {
  const { services, endpoints, runs, parts } = request.options;
  return [
    ...(request.options.quick ? ['--quick'] : []),
    ...(request.options.counted ? ['--counted'] : []),
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

/** The bounds are meant for counted instructions, and for one size. */
export function strictnessOf(options: BenchOptions): Strictness {
  const { services, endpoints } = counted;
  const isMeant = options.services === services && options.endpoints === endpoints;
  return isMeant && options.counted ? 'full' : 'quick';
}

function defaultsOf(values: { readonly quick?: boolean; readonly counted?: boolean }) {
  if (values.counted === true) {
    return [counted, countedParts] as const;
  }
  return values.quick === true ? ([quick, quickParts] as const) : ([full, partNames] as const);
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
        counted: { type: 'boolean' },
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
