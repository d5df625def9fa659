import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Threads of V8 go on to sweep what was collected: on one CPU, at the cost of what runs then. */
const sweepingMs = 500;

/** Lists of objects of some 32 bytes: all together more than both halves of the young generation hold. */
const youngLists = { count: 40, objects: 10_000 } as const;

/**
 * Collects what the preparation of a measurement has left, as a process that has run for a while
 * has done long ago; else that would be part of what is measured. Such a process has also written
 * to all of its young generation, of which a whole collection leaves new pages.
 */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  // What V8 has under this name once the flag is set.
  const collect = runInNewContext('gc') as (kind?: { type: 'minor' }) => void;
  // With options of its own, what this process compiles would be of use to no other one.
  setFlagsFromString('--no-expose-gc');
  collect();
  await sleep(sweepingMs);
  fillYoungGeneration();
  collect({ type: 'minor' });
}

/** Each list is garbage at once, but while it is made it cannot be left out. */
function fillYoungGeneration(): void {
  for (let list = 0; list < youngLists.count; list += 1) {
    Array.from({ length: youngLists.objects }, (_, index) => ({ index }));
  }
}
