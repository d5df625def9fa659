import { asError } from '../../base/as-error.ts';
import { pause } from '../../base/time/timers.ts';
import type { ShowOptions } from '../options.ts';
import { filterOf } from './filter.ts';
import type { ShownNode } from './shown-node.ts';
import { hasColours, keysIn, redraw, terminalCommands, type Key } from './terminal.ts';
import { WatchScreen } from './watch-screen.ts';
import { WatchView } from './watch-view.ts';
import { writeOut } from './write-out.ts';

/** Shows a node until somebody has seen enough: as a page on a terminal, else one report after the other. */
export async function watch(
  node: ShownNode,
  options: ShowOptions,
  report: () => AsyncIterable<string>,
): Promise<void> {
  if (process.stdout.isTTY && options.output !== 'json') {
    await new WatchLoop(node, options).run();
  } else {
    await printAgainAndAgain(node, options.interval, report);
  }
}

async function printAgainAndAgain(
  node: ShownNode,
  intervalMs: number,
  report: () => AsyncIterable<string>,
): Promise<void> {
  while (await writeOut(withBlankLine(report()))) {
    await pause(intervalMs);
    await node.refresh();
  }
}

async function* withBlankLine(parts: AsyncIterable<string>): AsyncGenerator<string> {
  yield* parts;
  yield '\n';
}

/** The page on a terminal. */
class WatchLoop {
  readonly #screen = new WatchScreen();
  readonly #view: WatchView;
  readonly #intervalMs: number;
  readonly #withColours = hasColours();
  readonly #ended = Promise.withResolvers<undefined>();
  #wake: AbortController = new AbortController();
  #error: Error | undefined;
  #isOver = false;

  constructor(node: ShownNode, options: ShowOptions) {
    const detail = options.output === 'wide' ? 'wide' : 'table';
    this.#view = new WatchView(node, this.#screen, filterOf(options), detail);
    this.#intervalMs = options.interval;
  }

  async run(): Promise<void> {
    const { stdin, stdout } = process;
    const pressed = (data: Buffer): void => {
      keysIn(data.toString()).forEach((key) => {
        this.#press(key);
      });
    };
    const quit = (): void => {
      this.#press('quit');
    };
    const resized = (): void => {
      this.#resize();
      this.#readSoon();
    };
    stdout.write(terminalCommands.enter);
    stdout.on('resize', resized);
    process.once('SIGINT', quit).once('SIGTERM', quit);
    if (stdin.isTTY) {
      stdin.setRawMode(true).on('data', pressed);
    }
    try {
      this.#resize();
      await Promise.race([this.#readAgainAndAgain(), this.#ended.promise]);
    } finally {
      this.#isOver = true;
      stdout.off('resize', resized);
      if (stdin.isTTY) {
        stdin.off('data', pressed).setRawMode(false).pause();
      }
      stdout.write(terminalCommands.leave);
    }
  }

  async #readAgainAndAgain(): Promise<void> {
    while (!this.#isOver) {
      this.#wake = new AbortController();
      try {
        await this.#view.refresh();
        this.#error = undefined;
      } catch (error) {
        // The last picture stays, with the reason below it.
        this.#error = asError(error);
      }
      this.#draw();
      await pause(this.#intervalMs, this.#wake.signal).catch(() => undefined);
    }
  }

  #press(key: Key): void {
    switch (key) {
      case 'quit':
        this.#isOver = true;
        this.#wake.abort();
        this.#ended.resolve(undefined);
        return;
      case 'problems':
        this.#view.filter = { ...this.#view.filter, problems: !this.#view.filter.problems };
        this.#view.place = { kind: 'start' };
        this.#screen.press('start');
        this.#readSoon();
        return;
      case 'wide':
        this.#view.setDetail(this.#view.detail === 'wide' ? 'table' : 'wide');
        this.#readSoon();
        return;
      case 'start':
      case 'end':
        this.#screen.press(key);
        this.#view.place = { kind: key };
        this.#readSoon();
        break;
      default:
        this.#screen.press(key);
        this.#view.keepPlace();
        if (this.#screen.wantsMore) {
          this.#readSoon();
        }
    }
    this.#draw();
  }

  #readSoon(): void {
    this.#wake.abort();
  }

  #resize(): void {
    this.#screen.resize(process.stdout.rows, process.stdout.columns);
    this.#draw();
  }

  #draw(): void {
    if (!this.#isOver) {
      const status = this.#view.status(this.#error);
      process.stdout.write(redraw(this.#screen.frame(status, this.#withColours)));
    }
  }
}
