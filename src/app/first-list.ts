import { startTimer } from '../base/time/timers.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { Source } from '../source/source.ts';

/** The cluster did not answer in time. */
export class SourceTimeoutError extends Error {
  override readonly name = 'SourceTimeoutError';
}

/** Waits for the first complete list. Throws SourceTimeoutError after `timeoutMs`. */
export async function firstList(
  source: Source,
  store: ClusterStore,
  timeoutMs: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = startTimer(() => {
      reject(
        new SourceTimeoutError(
          `Services and EndpointSlices could not be listed within ${timeoutMs / 1000} s`,
        ),
      );
    }, timeoutMs);
  });
  try {
    await Promise.race([source.start(store), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
