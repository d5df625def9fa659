import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { messageOf } from './failure.ts';
import { UnreachableError } from './transport.ts';
import { startTimer } from '../../base/time/timers.ts';

/**
 * How long a connection may be silent before the kernel asks whether the peer lives.
 * Node asks 10 times then, each second: a dead peer is noticed in 40 s.
 */
const keepAliveProbeMs = 30_000;

/** What the network says when it does not get through to a server. */
const unreachableCodes: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** A kept connection turned out to be closed by the server when it was used again. */
class LostReuseError extends Error {
  override readonly name = 'LostReuseError';
}

/** Whether the request may be sent again, on a new connection: no server has seen it. */
export function isLostReuse(error: unknown): boolean {
  return error instanceof LostReuseError;
}

/**
 * Sends a request and answers when the headers of the answer are there. Rejects with an
 * UnreachableError when the network gives no connection, or none within `connectLimitMs`.
 * `sent` hears when the kernel has all of the request.
 */
export function connectAndSend(
  url: URL,
  options: https.RequestOptions,
  connectLimitMs: number,
  body?: string,
  sent: () => void = () => undefined,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'http:' ? http : https).request(url, options, resolve);
    request.on('finish', sent);
    let isConnected = false;
    request.on('error', (error) => {
      reject(explain(error, isConnected, request.reusedSocket));
    });
    request.on('socket', (socket) => {
      socket.setKeepAlive(true, keepAliveProbeMs);
      if (request.reusedSocket) {
        isConnected = true;
        return;
      }
      limitConnect(request, socket, connectLimitMs);
      socket.once(url.protocol === 'http:' ? 'connect' : 'secureConnect', () => {
        isConnected = true;
      });
    });
    request.end(body);
  });
}

/** Ends the request when its socket does not connect in time. */
function limitConnect(request: http.ClientRequest, socket: Socket, limitMs: number): void {
  if (!socket.connecting) {
    return;
  }
  const timer = startTimer(() => {
    request.destroy(new UnreachableError(`no connection within ${limitMs / 1000} s`));
  }, limitMs);
  const stop = (): void => {
    clearTimeout(timer);
  };
  socket.once('connect', stop);
  socket.once('close', stop);
}

function explain(error: Error, isConnected: boolean, isReused: boolean): Error {
  const code = codeOf(error);
  if (isReused && (code === 'ECONNRESET' || code === 'EPIPE')) {
    return new LostReuseError(error.message, { cause: error });
  }
  return !isConnected && unreachableCodes.has(code)
    ? new UnreachableError(messageOf(error), { cause: error })
    : error;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
