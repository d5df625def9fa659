import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { reachableAddress, type BindAddress } from '../../net/bind-address.ts';

/** What a server has answered, whatever its status. */
export interface Answered {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks a server that is bound to an address of this node for a path, over a connection of its own. Rejects
 * where nobody answers, or nothing is heard for so many milliseconds.
 */
export function ask(address: BindAddress, path: string, silenceMs: number): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...reachableAddress(address), path, agent: false }, (response) => {
      text(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, body });
      }, reject);
    });
    asked.setTimeout(silenceMs, () => {
      asked.destroy(new Error('no answer came in time'));
    });
    asked.on('error', reject);
    asked.end();
  });
}
