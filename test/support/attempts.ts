import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Connections that are tried one after another, at a rate, until they are stopped. */
export interface Attempts {
  readonly made: number;
  readonly failed: number;
  /** Those that have failed, in the order in which that was known. */
  readonly failures: readonly FailedAttempt[];
  /** The names of the EchoServers that have answered. */
  readonly answeredBy: Set<string>;
  stop(): Promise<void>;
}

/** Times by `performance.now()`. */
export interface FailedAttempt {
  readonly beganAtMs: number;
  /** When the client heard of it, or waited no longer. */
  readonly endedAtMs: number;
}

/** A client gives a new connection so long, in milliseconds. */
const limitMs = 2000;

/** What a client may do with a connection that is answered. */
const kinds = ['short', 'kept', 'half closed', 'reset', 'unused', 'idle'] as const;

/** `short`: each asks once and closes; `of every kind`: all that healthy clients do, in turn. */
export function startAttempts(
  address: string,
  port: number,
  perSecond: number,
  how: 'short' | 'of every kind' = 'short',
): Attempts {
  const running = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined = undefined;
  let isStopped = false;
  let made = 0;
  const failures: FailedAttempt[] = [];
  const answeredBy = new Set<string>();
  const one = async (): Promise<void> => {
    const beganAtMs = performance.now();
    const kind = how === 'short' ? 'short' : (kinds[made % kinds.length] ?? 'short');
    made += 1;
    const socket = connect(port, address);
    socket.on('error', () => socket.destroy());
    try {
      const signal = AbortSignal.timeout(limitMs);
      await once(socket, 'connect', { signal });
      const name = await use(socket, kind, signal, () => isStopped);
      if (name !== undefined) {
        answeredBy.add(name);
      }
    } catch {
      failures.push({ beganAtMs, endedAtMs: performance.now() });
    } finally {
      socket.destroy();
    }
  };
  timer = setInterval(() => {
    const attempt = one().finally(() => running.delete(attempt));
    running.add(attempt);
  }, 1000 / perSecond);
  return {
    get made() {
      return made;
    },
    get failed() {
      return failures.length;
    },
    failures,
    answeredBy,
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}

/** Returns who has answered, where anybody was asked. */
async function use(
  socket: Socket,
  kind: (typeof kinds)[number],
  signal: AbortSignal,
  isStopped: () => boolean,
): Promise<string | undefined> {
  switch (kind) {
    case 'short':
      return await ask(socket, signal);
    case 'kept':
      for (let times = 0; times < 20 && !isStopped(); times += 1) {
        await ask(socket, AbortSignal.timeout(limitMs));
        await delay(500);
      }
      return await ask(socket, AbortSignal.timeout(limitMs));
    case 'half closed': {
      const name = await ask(socket, signal);
      socket.end();
      await delay(300);
      return name;
    }
    case 'reset':
      socket.resetAndDestroy();
      return undefined;
    case 'idle':
      for (let seconds = 0; seconds < 30 && !isStopped(); seconds += 1) {
        await delay(1000);
      }
      return await ask(socket, AbortSignal.timeout(limitMs));
    case 'unused':
      // As the check of a load balancer, or a client that has nothing to ask yet.
      await delay(200);
      return undefined;
  }
}

async function ask(socket: Socket, signal: AbortSignal): Promise<string> {
  socket.write('hello');
  // The only event with this name carries the bytes.
  const [data] = (await once(socket, 'data', { signal })) as [Buffer];
  return data.toString().replace(': hello', '');
}
