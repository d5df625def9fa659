import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Threads of V8 go on to sweep what was collected: on one CPU, at the cost of what runs then. */
const sweepingMs = 500;

/**
 * Collects what the preparation of a measurement has left, as a process that has run for a while
 * has done long ago; else that would be part of what is measured.
 */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  // What V8 has under this name once the flag is set.
  const collect = runInNewContext('gc') as () => void;
  collect();
  await sleep(sweepingMs);
}
