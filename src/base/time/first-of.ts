import { startTimer } from './timers.ts';

/** Resolves when one of the promises has settled, in either way, or after so many milliseconds. */
export async function firstOf(promises: readonly Promise<unknown>[], ms: number): Promise<void> {
  const late = Promise.withResolvers<undefined>();
  const timer = startTimer(() => {
    late.resolve(undefined);
  }, ms);
  try {
    await Promise.race([...promises, late.promise]);
  } catch {
    // Whoever needs the outcome waits for it as well.
  } finally {
    clearTimeout(timer);
  }
}
