import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const intervalMs = 200;
const longestMs = 15_000;

/** Less than this part of one processor counts as nothing. */
const idleShare = 0.1;

/** Waits until the kernel has nothing to do, or a while where it never has (a busy machine). */
export async function untilIdle(): Promise<void> {
  for (let waitedMs = 0; waitedMs < longestMs; waitedMs += intervalMs) {
    const before = busyMs();
    await sleep(intervalMs);
    if (busyMs() - before < intervalMs * idleShare) {
      return;
    }
  }
}

/** Milliseconds of work of all processors since the boot. */
function busyMs(): number {
  return cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
}
