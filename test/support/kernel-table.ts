import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ipvsadm } from './ipvsadm.ts';
import { patience, restAfter } from './patience.ts';

/** A real server as `ipvsadm -Ln` lists it, with its connections. */
export interface ListedRealServer {
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
}

/** The real servers of the TCP (or UDP) virtual server `10.96.0.1:80`, by address without port. */
export async function listedRealServers(
  virtualServer: string,
  protocol: 'TCP' | 'UDP' = 'TCP',
): Promise<Readonly<Record<string, ListedRealServer>>> {
  const flag = protocol === 'TCP' ? '-t' : '-u';
  const text = await ipvsadm('-Ln', flag, virtualServer).catch(() => '');
  const rows = text.matchAll(/-> (\S+):\d+ +\w+ +(\d+) +(\d+) +(\d+)/g);
  return Object.fromEntries(
    Array.from(rows, ([, address = '', weight, active, inactive]) => [
      address,
      { weight: Number(weight), active: Number(active), inactive: Number(inactive) },
    ]),
  );
}

/** The weights of the real servers, by address. */
export async function weights(
  virtualServer: string,
  protocol: 'TCP' | 'UDP' = 'TCP',
): Promise<Readonly<Record<string, number>>> {
  const listed = await listedRealServers(virtualServer, protocol);
  return Object.fromEntries(
    Object.entries(listed).map(([address, { weight }]) => [address, weight]),
  );
}

/**
 * Waits until `read` answers what is expected, and answers after how many milliseconds. Fails,
 * with the difference, after `ms`, which are more in a slow kernel.
 */
export async function becomes<T>(
  read: () => Promise<T> | T,
  expected: T,
  ms = 20_000,
): Promise<number> {
  const limitMs = ms * patience;
  const startedAt = performance.now();
  for (;;) {
    const askedAt = performance.now();
    const value = await read();
    const now = performance.now();
    const elapsed = now - startedAt;
    if (isDeepStrictEqual(value, expected)) {
      return elapsed;
    }
    if (elapsed > limitMs) {
      assert.deepEqual(value, expected, `after ${limitMs} ms`);
    }
    await delay(restAfter(now - askedAt));
  }
}
