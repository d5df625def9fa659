import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the condition holds; fails, in the words given, after some seconds. */
export async function until(what: string, condition: () => boolean, limitMs = 5000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`waited for ${limitMs} ms in vain until ${what}`);
    }
    await delay(5);
  }
}
