import { EchoClient } from './tcp.ts';

/** Whether an EchoServer answers at port 80 of an address. */
export async function echoes(address: string): Promise<boolean> {
  try {
    const client = await EchoClient.connect(address, 80);
    try {
      return (await client.echo('hello')).endsWith('hello');
    } finally {
      client.close();
    }
  } catch {
    return false;
  }
}

/** The status at a path of the health endpoint; 0 where nobody answers. */
export async function livez(path = 'livez'): Promise<number> {
  try {
    const response = await fetch(`http://127.0.0.1:10256/${path}`, {
      headers: { connection: 'close' },
    });
    await response.text();
    return response.status;
  } catch {
    return 0;
  }
}
