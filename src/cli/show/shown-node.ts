import type {
  PageRequest,
  ProblemPage,
  ServicePage,
  StrayPage,
  Summary,
} from '../../inspect/pages.ts';
import type { ServiceFilter } from '../../inspect/service-query.ts';

/** Where `show` reads from: the running daemon, or an inspector in this process. */
export interface ShownNode {
  services(filter: ServiceFilter, request: PageRequest): Promise<ServicePage>;
  strays(filter: ServiceFilter, request: PageRequest): Promise<StrayPage>;
  problems(filter: ServiceFilter, request: PageRequest): Promise<ProblemPage>;
  summary(): Promise<Summary>;
  /** Looks at the kernel anew, where that is not done by each question. */
  refresh(): Promise<void>;
  close(): void;
}

/** All that `show` prints. */
export interface Shown {
  readonly summary: Summary;
  readonly services: ServicePage['services'];
  readonly strays: StrayPage['virtualServers'];
  readonly problems: ProblemPage['problems'];
  /** How many problems there are, of which so many are among `problems`. */
  readonly problemCount: number;
}

/** So many Services at a time: what a daemon is asked for at once holds up nothing else of it. */
const servicesPerQuestion = 100;
const straysPerQuestion = 200;

/** So many problems are printed. */
const problemsAtMost = 200;

/** Everything that a filter lets through, one page after the other. */
export async function readAll(node: ShownNode, filter: ServiceFilter): Promise<Shown> {
  const page = { offset: 0, limit: problemsAtMost };
  const { problems, total: problemCount } = await node.problems(filter, page);
  return {
    summary: await node.summary(),
    services: await allServices(node, filter),
    strays: await allStrays(node, filter),
    problems,
    problemCount,
  };
}

async function allServices(
  node: ShownNode,
  filter: ServiceFilter,
): Promise<ServicePage['services']> {
  const services: ServicePage['services'][number][] = [];
  for (;;) {
    const last = services.at(-1)?.key;
    const page = await node.services(filter, {
      offset: 0,
      limit: servicesPerQuestion,
      // A blank is before all that a name may go on with: this is the next key.
      ...(last === undefined ? {} : { from: { key: `${last} `, before: 0 } }),
    });
    services.push(...page.services);
    if (page.services.length === 0 || page.offset + page.services.length >= page.total) {
      return services;
    }
  }
}

async function allStrays(
  node: ShownNode,
  filter: ServiceFilter,
): Promise<StrayPage['virtualServers']> {
  const strays: StrayPage['virtualServers'][number][] = [];
  let offset = 0;
  for (;;) {
    const page = await node.strays(filter, { offset, limit: straysPerQuestion });
    strays.push(...page.virtualServers);
    offset = page.offset + straysPerQuestion;
    if (offset >= page.total) {
      return strays;
    }
  }
}
