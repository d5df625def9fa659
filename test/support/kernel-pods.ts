import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** An HTTP server that answers with its own name, and ends as a well-behaved Pod does. */
export class HttpPod {
  readonly address: string;
  readonly #server: Server;
  #isEnding = false;

  private constructor(address: string) {
    this.address = address;
    this.#server = createServer((_request, response) => {
      void delay(Math.random() * 10).then(() => {
        if (this.#isEnding) {
          response.setHeader('Connection', 'close');
        }
        response.end(address);
      });
    });
  }

  static async start(address: string): Promise<HttpPod> {
    const pod = new HttpPod(address);
    pod.#server.listen(8080, address);
    await once(pod.#server, 'listening');
    return pod;
  }

  /**
   * From the SIGTERM on: kept connections are to be closed by who asks next; after the time in
   * which the end gets around it listens no more, and it is over when the last answer is given.
   */
  async end(getsAroundMs: number): Promise<void> {
    this.#isEnding = true;
    await delay(getsAroundMs);
    this.#server.close();
    await once(this.#server, 'close');
  }
}
