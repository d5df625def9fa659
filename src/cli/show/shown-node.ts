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
  return {
    ...(await firstProblems(node, filter)),
    summary: await node.summary(),
    services: await allOf(servicePages(node, filter)),
    strays: await allOf(strayPages(node, filter)),
  };
}

async function allOf<Item>(pages: AsyncIterable<readonly Item[]>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const page of pages) {
    all.push(...page);
  }
  return all;
}

/** The Services that a filter lets through, some at a time. */
export async function* servicePages(
  node: ShownNode,
  filter: ServiceFilter,
): AsyncGenerator<ServicePage['services']> {
  let last: string | undefined;
  for (;;) {
    const page = await node.services(filter, {
      offset: 0,
      limit: servicesPerQuestion,
      // A blank is before all that a name may go on with: this is the next key.
      ...(last === undefined ? {} : { from: { key: `${last} `, before: 0 } }),
    });
    yield page.services;
    last = page.services.at(-1)?.key;
    if (last === undefined || page.offset + page.services.length >= page.total) {
      return;
    }
  }
}

/** The virtual servers that no Service wants and a filter lets through, some at a time. */
export async function* strayPages(
  node: ShownNode,
  filter: ServiceFilter,
): AsyncGenerator<StrayPage['virtualServers']> {
  let offset = 0;
  for (;;) {
    const page = await node.strays(filter, { offset, limit: straysPerQuestion });
    yield page.virtualServers;
    offset = page.offset + straysPerQuestion;
    if (offset >= page.total) {
      return;
    }
  }
}

/** What is wrong with what a filter lets through, the first ones, and how many there are. */
export async function firstProblems(
  node: ShownNode,
  filter: ServiceFilter,
): Promise<Pick<Shown, 'problems' | 'problemCount'>> {
  const page = { offset: 0, limit: problemsAtMost };
  const { problems, total: problemCount } = await node.problems(filter, page);
  return { problems, problemCount };
}
