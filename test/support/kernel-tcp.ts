import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection to an EchoServer that ends by a reset. */
export class ResetClient {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects until the EchoServer of this name answers; each of three is to get its turn. */
  static async reaching(address: string, port: number, name: string): Promise<ResetClient> {
    for (let tries = 0; tries < 3; tries += 1) {
      const socket = connect(port, address);
      socket.write('hello');
      // The only event with this name carries the bytes.
      const [data] = (await once(socket, 'data')) as [Buffer];
      if (data.toString() === `${name}: hello`) {
        return new ResetClient(socket);
      }
      socket.destroy();
    }
    assert.fail(`three connections have not reached ${name}`);
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }
}
