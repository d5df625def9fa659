import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects what the preparation of a measurement has left, as a process that has run for a while
 * has done long ago; else that would be part of what is measured.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  // What V8 has under this name once the flag is set.
  const collect = runInNewContext('gc') as () => void;
  collect();
}
