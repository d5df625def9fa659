import { writeFileSync } from 'node:fs';
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

/**
 * mocha's readable report, and the counts in the file that KUBE_IPVS_TEST_COUNTS names. The file
 * is written when the run is over, so a run that dies leaves none. A failing hook counts as failed.
 */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const file = process.env['KUBE_IPVS_TEST_COUNTS'];
      if (file === undefined) return;
      const { passes, failures, pending } = this.stats;
      writeFileSync(file, format({ passed: passes, failed: failures, skipped: pending }));
    });
  }
}
