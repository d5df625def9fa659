import { setTimeout as delay } from 'node:timers/promises';
import { patience, restAfter } from './patience.ts';

/**
 * Waits until the condition holds; fails, in the words given, after some seconds, more of them in a
 * slow kernel.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 15_000,
): Promise<void> {
  const limitMs = ms * patience;
  let askedAt = performance.now();
  const deadline = askedAt + limitMs;
  while (!(await condition())) {
    const now = performance.now();
    if (now > deadline) {
      throw new Error(`waited for ${limitMs} ms in vain until ${what}`);
    }
    await delay(restAfter(now - askedAt));
    askedAt = performance.now();
  }
}
