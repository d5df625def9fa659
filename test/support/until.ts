import { setTimeout as delay } from 'node:timers/promises';
import { patience } from './patience.ts';

/**
 * Waits until the condition holds; fails, in the words given, after some seconds, more of them in a
 * slow kernel.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 5000,
): Promise<void> {
  const limitMs = ms * patience;
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`waited for ${limitMs} ms in vain until ${what}`);
    }
    await delay(5);
  }
}
