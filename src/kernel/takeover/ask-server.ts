import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { reachableAddress, type BindAddress } from '../../net/bind-address.ts';
import type { ServedReading } from './readings.ts';

const timeoutMs = 3000;

/** Asks a server of this node for a path. Never rejects. */
export function askServer(address: BindAddress | undefined, path: string): Promise<ServedReading> {
  if (address === undefined) {
    return Promise.resolve({ kind: 'off' });
  }
  return new Promise((resolve) => {
    const failed = (error: Error): void => {
      resolve({ kind: 'closed', reason: error.message });
    };
    const options = {
      ...reachableAddress(address),
      path,
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    };
    get(options, (response) => {
      text(response).then((body) => {
        resolve({ kind: 'answered', status: response.statusCode ?? 0, body });
      }, failed);
    }).on('error', failed);
  });
}
