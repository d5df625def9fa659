/**
 * By how much time limits grow where the kernel's processors are emulated: a process starts some ten
 * times slower there than elsewhere, and that is what most of these tests wait for.
 */
export const patience = process.env['KUBE_IPVS_IN_TEST_KERNEL']?.startsWith('debian-') ? 5 : 1;

/**
 * How long to rest after a question that took so long, in milliseconds, before it is asked again: most start a
 * process, and what is waited for has the same processor.
 */
export function restAfter(tookMs: number): number {
  return Math.max(10, 2 * tookMs);
}
