import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import net, { type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate, CertificateAuthority } from './certificates.ts';

/** A server that tells each client the name in its certificate. */
export class TlsServer {
  readonly #server: Server;

  constructor(authority: CertificateAuthority, own: Certificate) {
    const options = {
      cert: readFileSync(own.certFile),
      key: readFileSync(own.keyFile),
      ca: readFileSync(authority.certFile),
      requestCert: true,
      rejectUnauthorized: true,
    };
    this.#server = createServer(options, (request, response) => {
      const { socket } = request;
      const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined;
      response.end(String(subject?.CN));
    });
  }

  async start(): Promise<void> {
    await listen(this.#server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `https://127.0.0.1:${portOf(this.#server)}`;
  }
}

/** A proxy that tunnels what CONNECT asks for. */
export class ConnectProxy {
  /** `host:port`, in the order in which they were asked for. */
  readonly targets: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createHttpServer();

  constructor() {
    this.#server.on('connect', (request, client: Socket) => {
      const target = request.url ?? '';
      this.targets.push(target);
      const { hostname, port } = new URL(`http://${target}`);
      const server = net.connect(Number(port), hostname, () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(server).pipe(client);
      });
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
      }
    });
  }

  async start(): Promise<void> {
    await listen(this.#server);
  }

  async stop(): Promise<void> {
    this.#sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}`;
  }
}

async function listen(server: NetServer): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function portOf(server: NetServer): number {
  // A server that listens on TCP has an address of this type.
  return (server.address() as AddressInfo).port;
}
