import { setTimeout as sleep } from 'node:timers/promises';
import { moreEndpointAddress } from '../synthetic-cluster.ts';
import { collectGarbage } from './collect-garbage.ts';
import type { LoadedController } from './loaded-controller.ts';

/** A change comes every so often, whether those before it are in the kernel or not. */
const everyMs = 10;

/** Endpoints that come at a steady pace, to one Service after the other. */
export class Arrivals {
  readonly #loaded: LoadedController;
  readonly #services: number;
  #count = 0;

  constructor(loaded: LoadedController, services: number) {
    this.#loaded = loaded;
    this.#services = services;
  }

  /**
   * So many changes, or more until it is enough: milliseconds that each took. Resolves once all are in
   * the kernel. No more than there are Services: two changes of one that wait at a time are told once.
   */
  async come(count: number, isEnough = () => true): Promise<number[]> {
    const samples: number[] = [];
    const stopListening = this.#loaded.onProgrammed((ms) => samples.push(ms));
    await collectGarbage();
    const startedAt = performance.now();
    let number = 0;
    for (; number < count || (number < this.#services && !isEnough()); number += 1) {
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
