import { request } from 'node:http';
import { text } from 'node:stream/consumers';

/** What a server has answered, whatever its status. */
export interface Answered {
  readonly status: number;
  readonly body: string;
}

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Asks a server for a path, over a connection of its own. Rejects
 * where nobody answers, or nothing is heard for so many milliseconds.
 */
export function ask(server: ServerAddress, path: string, silenceMs: number): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...server, path, agent: false }, (response) => {
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
