import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Threads of V8 go on to sweep what was collected: on one CPU, at the cost of what runs then. */
const sweepingMs = 500;

/** More than both halves of the young generation hold, in objects of some 32 bytes. */
const objectsToFillYoung = 400_000;

/**
 * Collects what the preparation of a measurement has left, as a process that has run for a while
 * has done long ago; else that would be part of what is measured. Such a process has also written
 * to all of its young generation, of which a whole collection leaves new pages.
 */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  // What V8 has under this name once the flag is set.
  const collect = runInNewContext('gc') as (kind?: { type: 'minor' }) => void;
  collect();
  await sleep(sweepingMs);
  fillYoungGeneration();
  collect({ type: 'minor' });
}

/** Objects that are kept for a moment: V8 makes none at all of those that nobody ever sees. */
function fillYoungGeneration(): void {
  let last: object | undefined;
  for (let index = 0; index < objectsToFillYoung; index += 1) {
    last = { index };
  }
  if (last === undefined) {
    throw new Error('no object was made');
  }
}
