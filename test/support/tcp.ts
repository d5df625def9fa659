import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { patience } from './patience.ts';

/** A TCP server that sends back what it gets, after its own name: `a: hello`. */
export class EchoServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(name: string) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('data', (data) => socket.write(`${name}: ${data.toString()}`));
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async listen(name: string, address: string, port: number): Promise<EchoServer> {
    const echo = new EchoServer(name);
    echo.#server.listen(port, address);
    await once(echo.#server, 'listening');
    return echo;
  }

  async close(): Promise<void> {
    this.#sockets.forEach((socket) => socket.destroy());
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A connection to an EchoServer. */
export class EchoClient {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // A break shows where the connection is used next.
    socket.on('error', () => socket.destroy());
  }

  static async connect(address: string, port: number): Promise<EchoClient> {
    const socket = connect(port, address);
    await once(socket, 'connect', { signal: AbortSignal.timeout(answerMs) });
    return new EchoClient(socket);
  }

  /** Sends a text and answers what comes back. Rejects where the connection is broken or silent. */
  async echo(text: string): Promise<string> {
    if (this.#socket.destroyed) {
      throw new Error('the connection is broken', { cause: this.#socket.errored });
    }
    this.#socket.write(text);
    // The only event with this name carries the bytes.
    const [data] = (await once(this.#socket, 'data', {
      signal: AbortSignal.timeout(answerMs),
    })) as [Buffer];
    return data.toString();
  }

  close(): void {
    this.#socket.destroy();
  }
}

const answerMs = 5000 * patience;
