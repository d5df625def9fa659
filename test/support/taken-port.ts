import { once } from 'node:events';
import { createServer } from 'node:net';

/** What the test under way is to end. */
export const closing: (() => Promise<unknown>)[] = [];

/** A port of all addresses that another program has. */
export async function takenPort(): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  server.listen(0);
  await once(server, 'listening');
  closing.push(async () => {
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
