import type { OpenTransport } from '../netlink/transport.ts';
import { NftClient } from './client.ts';

/** Does something over a client that is closed then. Rejects as that does. */
export async function withNftClient<T>(
  work: (client: NftClient) => Promise<T>,
  open?: OpenTransport,
): Promise<T> {
  const client = new NftClient(open);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
