import type { PageRequest, ServicePage, StrayPage, Summary } from '../../inspect/pages.ts';
import type { ServiceFilter } from '../../inspect/service-query.ts';
import type { ShownNode } from './shown-node.ts';
import { columnWidths, inColumns, span, type Line, type Row, type Span } from './spans.ts';
import { headRow, serviceRows, strayRows, type Detail } from './table.ts';
import { problemLines } from './text.ts';
import type { WatchScreen } from './watch-screen.ts';

/** Where the window is over all Services: what is read is what is seen, and a screen around it. */
export type Place =
  { readonly kind: 'at'; readonly key: string } | { readonly kind: 'start' | 'end' };

/** So many problems stand above the Services. */
const problemsAtMost = 5;
const straysAtMost = 200;
const servicesAtMost = 200;

interface Read {
  readonly summary: Summary;
  readonly page: ServicePage;
  readonly strays: StrayPage | undefined;
  readonly problems: readonly Line[];
  readonly problemCount: number;
}

/** Fills the screen of `--watch` with the part of a node that is looked at. */
export class WatchView {
  detail: Detail;
  filter: ServiceFilter;
  place: Place = { kind: 'start' };
  readonly #node: ShownNode;
  readonly #screen: WatchScreen;
  /** The Service of each line that belongs to one. */
  #serviceOf = new Map<string, string>();
  #widths: number[] = [];
  #read: Read | undefined;

  constructor(node: ShownNode, screen: WatchScreen, filter: ServiceFilter, detail: Detail) {
    this.#node = node;
    this.#screen = screen;
    this.filter = filter;
    this.detail = detail;
  }

  /** Reads what is around the place, and shows it. Rejects where that cannot be read. */
  async refresh(): Promise<void> {
    const { filter } = this;
    await this.#node.refresh();
    const page = await this.#node.services(filter, this.#request());
    const isEnd = page.offset + page.services.length >= page.total;
    const { problems, total: problemCount } = await this.#node.problems(filter, {
      offset: 0,
      limit: problemsAtMost,
    });
    const read = {
      summary: await this.#node.summary(),
      page,
      strays: isEnd
        ? await this.#node.strays(filter, { offset: 0, limit: straysAtMost })
        : undefined,
      problems: page.offset === 0 ? problemLines({ problems, problemCount }) : [],
      problemCount,
    };
    this.#read = read;
    this.#show(read, isEnd);
  }

  /** The Service at the top of the screen is where to read next. */
  keepPlace(): void {
    const key = this.#serviceOf.get(this.#screen.first?.key ?? '');
    if (key !== undefined) {
      this.place = { kind: 'at', key };
    }
  }

  /** Other columns: their widths are found anew. */
  setDetail(detail: Detail): void {
    this.detail = detail;
    this.#widths = [];
    this.#screen.toLeft();
  }

  /** What is seen, of how much, in a line. */
  status(error: Error | undefined): readonly Span[] {
    const trouble = error === undefined ? [] : [span(` ${error.message} `, 'bad')];
    const read = this.#read;
    if (read === undefined) {
      return error === undefined ? [span('reading')] : trouble;
    }
    const { summary, problemCount } = read;
    const isOne = problemCount === 1;
    return [
      span(`${summary.node} ${summary.at.slice(11, 19)}Z `, 'name'),
      span(` ${this.#whereText(read)} `),
      span(
        ` ${problemCount} problem${isOne ? '' : 's'}${this.filter.problems ? ' alone' : ''} `,
        problemCount > 0 ? 'bad' : 'good',
      ),
      span(summary.isDaemon ? '' : ' names as of the start '),
      ...trouble,
      span(' q: quit  p: problems  w: wide  arrows, space, b, g, G: move', 'faint'),
    ];
  }

  /** `Service 17 of 10000` */
  #whereText({ page }: Read): string {
    const first = this.#serviceOf.get(this.#screen.first?.key ?? '');
    const index = page.services.findIndex(({ key }) => key === first);
    return index === -1
      ? `${page.total} Services`
      : `Service ${page.offset + index + 1} of ${page.total}`;
  }

  #request(): PageRequest {
    const { height } = this.#screen;
    const limit = Math.min(3 * height + 1, servicesAtMost);
    switch (this.place.kind) {
      case 'start':
        return { offset: 0, limit };
      case 'end':
        return { offset: Math.max(0, (this.#read?.page.total ?? 0) - limit), limit };
      case 'at':
        return { offset: 0, limit, from: { key: this.place.key, before: height } };
    }
  }

  #show({ summary, page, strays, problems }: Read, isEnd: boolean): void {
    const options = { detail: this.detail, nowMs: Date.parse(summary.at), withUnserved: true };
    const serviceOf = new Map<string, string>();
    const rows: Row[] = [headRow(this.detail)];
    for (const service of page.services) {
      for (const row of serviceRows(service, options)) {
        serviceOf.set(row.key, service.key);
        rows.push(row);
      }
    }
    rows.push(...(strays?.virtualServers ?? []).flatMap((stray) => strayRows(stray, options)));
    // No narrower than they were: the columns stand still while Services go by.
    this.#widths = columnWidths(rows, this.#widths);
    const [head, ...lines] = inColumns(rows, this.#widths);
    this.#serviceOf = serviceOf;
    this.#screen.setContent({
      head: head ?? { key: 'head', spans: [] },
      lines: [...problems.slice(1), ...lines],
      hasBefore: page.offset > 0,
      hasAfter: !isEnd,
    });
  }
}
