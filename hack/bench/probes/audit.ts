import { setTimeout as sleep } from 'node:timers/promises';
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
    await arrivals.come(warmUp);
    const usual = await arrivals.come(input.changes);
    const auditing = new Audits(loaded);
    const meanwhile = await arrivals.come(input.changes);
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

  /** Milliseconds that each of so many changes took; resolves once all are in the kernel. */
  async come(count: number): Promise<number[]> {
    const slices = Array.from({ length: count }, () => this.#next());
    const samples: number[] = [];
    const all = Promise.withResolvers<undefined>();
    const stopListening = this.#loaded.onProgrammed((ms) => {
      samples.push(ms);
      if (samples.length === count) {
        all.resolve(undefined);
      }
    });
    await collectGarbage();
    const startedAt = performance.now();
    for (const [number, slice] of slices.entries()) {
      const dueAt = startedAt + number * everyMs;
      const waitMs = dueAt - performance.now();
      // What has become due meanwhile comes at once, as a watch would bring it.
      if (waitMs > 0) {
        await sleep(waitMs);
      }
      // From when it was due: a change that the busy process took late has waited too.
      this.#loaded.store.setSlice(slice, Math.min(dueAt, performance.now()));
    }
    await all.promise;
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

  /** Milliseconds that each audit took. */
  async end(): Promise<readonly number[]> {
    this.#isEnding = true;
    await this.#running;
    return this.#durations;
  }

  async #run(loaded: LoadedController): Promise<void> {
    while (!this.#isEnding) {
      const audited = loaded.nextAudit();
      loaded.controller.requestAudit();
      this.#durations.push(await audited);
    }
  }
}
