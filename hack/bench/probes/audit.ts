import type { AuditUrgency } from '../../../src/app/background-audit.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { percentile } from '../statistics.ts';
import { Arrivals } from './arrivals.ts';
import { LoadedController } from './loaded-controller.ts';

/** Changes before those that count. */
const warmUp = 100;

/**
 * Endpoints come at a steady pace, first alone and then while one audit follows the other. None
 * of the audits finds anything to do. How long each change took from its arrival to the kernel.
 */
export async function audit(input: ProbeInput): Promise<Reading> {
  const loaded = await LoadedController.start(input);
  try {
    const arrivals = new Arrivals(loaded, input.services);
    await audited(loaded, 'at once');
    await arrivals.come(warmUp);
    const usual = await arrivals.come(input.changes);
    const auditing = new Audits(loaded);
    const meanwhile = await arrivals.come(input.changes, () => auditing.done > 0);
    const audits = await auditing.end();
    return {
      'usual p50': percentile(usual, 50),
      'usual p99': percentile(usual, 99),
      p50: percentile(meanwhile, 50),
      p99: percentile(meanwhile, 99),
      'one audit': percentile(audits, 50),
      audits: audits.length,
    };
  } finally {
    await loaded.stop();
  }
}

/** One audit after the other, until the end. */
class Audits {
  readonly #durations: number[] = [];
  readonly #running: Promise<void>;
  #isEnding = false;

  constructor(loaded: LoadedController) {
    this.#running = this.#run(loaded);
  }

  /** How many are over. */
  get done(): number {
    return this.#durations.length;
  }

  /** How long each audit took, in milliseconds. */
  async end(): Promise<readonly number[]> {
    this.#isEnding = true;
    await this.#running;
    return this.#durations;
  }

  async #run(loaded: LoadedController): Promise<void> {
    while (!this.#isEnding) {
      this.#durations.push(await audited(loaded, 'gently'));
    }
  }
}

/** How long an audit took, in milliseconds. */
async function audited(loaded: LoadedController, urgency: AuditUrgency): Promise<number> {
  const startedAt = performance.now();
  const ended = loaded.nextAudit();
  loaded.controller.requestAudit(urgency);
  await ended;
  return performance.now() - startedAt;
}
