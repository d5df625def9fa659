import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import Mocha from 'mocha';

/** What one run of mocha counted; written for hack/test, one `name=number` a line. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const format = (counts: Counts): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name}=${String(count)}\n`)
    .join('');

const { EVENT_RUN_BEGIN, EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END } =
  Mocha.Runner.constants;

/** The folder that holds the tests as bundles; undefined where their sources are run. */
const bundles = process.env['KUBE_IPVS_TEST_BUNDLES'];
if (bundles !== undefined) {
  // Stacks name the sources.
  process.setSourceMapsEnabled(true);
}

/** A file that takes longer, in seconds, is listed at the end. */
const listedFrom = 2;

/** How long a run with failures may take to end by itself. */
const exitAfterMs = 2000;

/** Of a message or a stack, the lines that are told again at the end of all tests. */
const failureLines = 20;

/**
 * mocha's readable report, the files that took longest (where they run in one process), the counts
 * in the file that KUBE_IPVS_TEST_COUNTS names, and in that file's name with `.failures` behind it
 * what failed. They are written when the run is over, so a run that dies leaves none. A failing
 * hook counts as failed.
 */
export default class CountingReporter extends Mocha.reporters.Spec {
  readonly #secondsOf = new Map<string, number>();

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    this.#measure(runner);
    runner.once(EVENT_RUN_END, () => {
      this.#list();
      const { passes, failures, pending } = this.stats;
      if (failures > 0) {
        // A test that failed may have left something open, which would keep this process for ever.
        setTimeout(() => process.exit(1), exitAfterMs).unref();
      }
      const file = process.env['KUBE_IPVS_TEST_COUNTS'];
      if (file === undefined) return;
      writeFileSync(`${file}.failures`, this.failures.map(failureText).join(''));
      writeFileSync(file, format({ passed: passes, failed: failures, skipped: pending }));
    });
  }

  /** From the beginning of a file's first suite to the end of its last one, hooks included. */
  #measure(runner: Mocha.Runner): void {
    let began = 0;
    runner.once(EVENT_RUN_BEGIN, () => {
      this.#secondsOf.set('(loading all files)', process.uptime());
    });
    runner.on(EVENT_SUITE_BEGIN, ({ parent }) => {
      if (parent?.root === true) began = performance.now();
    });
    runner.on(EVENT_SUITE_END, ({ parent, file = '' }) => {
      if (parent?.root !== true) return;
      const name = sourceOf(file);
      const seconds = (performance.now() - began) / 1000;
      this.#secondsOf.set(name, (this.#secondsOf.get(name) ?? 0) + seconds);
    });
  }

  #list(): void {
    const slow = [...this.#secondsOf].filter(([, seconds]) => seconds >= listedFrom);
    if (slow.length === 0) return;
    Mocha.reporters.Base.consoleLog('  seconds  file');
    for (const [name, seconds] of slow.sort(([, a], [, b]) => b - a)) {
      Mocha.reporters.Base.consoleLog(`  ${seconds.toFixed(1).padStart(7)}  ${name}`);
    }
    Mocha.reporters.Base.consoleLog();
  }
}

function failureText(test: Mocha.Test): string {
  // Of a test in another process it is a plain object with these fields.
  const { stack, message } = test.err ?? {};
  const lines = (stack ?? message ?? 'without an error').split('\n').slice(0, failureLines);
  const file = test.file === undefined ? '' : ` (${sourceOf(test.file)})`;
  return `${test.titlePath().join(' > ')}${file}\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

/** A test file as it is called in the checkout. */
function sourceOf(file: string): string {
  return bundles === undefined
    ? relative(process.cwd(), file)
    : relative(bundles, file).replace(/\.mjs$/, '.ts');
}
