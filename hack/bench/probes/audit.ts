import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditUrgency } from '../../../src/app/background-audit.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { percentile } from '../statistics.ts';
import { moreEndpointAddress } from '../synthetic-cluster.ts';
import { collectGarbage } from './collect-garbage.ts';
import { LoadedController } from './loaded-controller.ts';

/** A change comes every so often, whether those before it are in the kernel or not. */
const everyMs = 10;
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

class Arrivals {
  readonly #loaded: LoadedController;
  readonly #services: number;
  #count = 0;

  constructor(loaded: LoadedController, services: number) {
    this.#loaded = loaded;
    this.#services = services;
  }

  /**
   * So many changes, or more until it is enough: milliseconds that each took. Resolves once all are in
   * the kernel.
   */
  async come(count: number, isEnough = () => true): Promise<number[]> {
    const samples: number[] = [];
    const stopListening = this.#loaded.onProgrammed((ms) => samples.push(ms));
    await collectGarbage();
    const startedAt = performance.now();
    let number = 0;
    for (; number < count || !isEnough(); number += 1) {
      const slice = this.#next();
      const dueAt = startedAt + number * everyMs;
      const waitMs = dueAt - performance.now();
      // What has become due meanwhile comes at once, as a watch would bring it.
      if (waitMs > 0) {
        await sleep(waitMs);
      }
      // From when it was due: a change that the busy process took late has waited too.
      this.#loaded.store.setSlice(slice, Math.min(dueAt, performance.now()));
    }
    while (samples.length < number) {
      await sleep(1);
    }
    stopListening();
    return samples;
  }

  /** A Service that has no change under way gets one more endpoint. */
  #next() {
    const number = this.#count;
    this.#count += 1;
    return this.#loaded.slice((number * 7919) % this.#services, [moreEndpointAddress(number)]);
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
