import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ObjectKey } from '../../cluster/objects.ts';
import type { HealthCheck } from '../../translate/desired.ts';
import { healthCheckAnswer } from './health-check-answer.ts';
import { startTimer } from '../../base/time/timers.ts';

export interface HealthCheckOptions {
  /** Whether this program keeps the kernel equal to the cluster. */
  isHealthy(): boolean;
  /** A port cannot be listened on; told once, and tried again. */
  failed(service: ObjectKey, port: number, error: Error): void;
  /** None of the ports of a Service is in that state any more. */
  mended(service: ObjectKey): void;
  /** How long after a failure, in milliseconds. */
  readonly retryMs?: number;
}

const defaultRetryMs = 10_000;

/** A load balancer asks often and briefly; nobody may keep a connection for longer. */
const requestTimeoutMs = 5000;

interface Listening {
  readonly service: ObjectKey;
  readonly server: Server;
  readonly retry: NodeJS.Timeout | undefined;
}

/**
 * The HTTP servers at health-check node ports: one per Service that has such a port, on the
 * addresses that answer on node ports.
 */
export class HealthCheckServers {
  readonly #options: HealthCheckOptions;
  /** The Services of places whose failure was told, until they can be listened on. */
  readonly #told = new Map<string, ObjectKey>();
  readonly #checks = new Map<ObjectKey, HealthCheck>();
  /** By address and port. */
  readonly #listening = new Map<string, Listening>();
  #addresses: readonly string[] = [anyAddress];

  constructor(options: HealthCheckOptions) {
    this.#options = options;
  }

  /** What a Service's port is to answer from now on; undefined closes it. */
  set(service: ObjectKey, check: HealthCheck | undefined): void {
    const before = this.#checks.get(service);
    if (check === undefined) {
      this.#checks.delete(service);
    } else {
      this.#checks.set(service, check);
    }
    if (before?.nodePort !== check?.nodePort) {
      this.#update();
    }
  }

  /** Listens on these addresses alone; undefined for all. */
  setAddresses(addresses: readonly string[] | undefined): void {
    this.#addresses = addresses ?? [anyAddress];
    this.#update();
  }

  /** Closes all ports. */
  close(): void {
    for (const place of [...this.#listening.keys()]) {
      this.#stop(place);
    }
  }

  #update(): void {
    const wanted = new Map<string, () => void>();
    for (const [service, { nodePort }] of this.#checks) {
      for (const address of this.#addresses) {
        const place = `${address} ${nodePort}`;
        if (this.#listening.get(place)?.service !== service) {
          wanted.set(place, () => {
            this.#start(place, service, address, nodePort);
          });
        } else {
          wanted.set(place, () => undefined);
        }
      }
    }
    for (const place of [...this.#listening.keys()]) {
      if (!wanted.has(place)) {
        this.#stop(place);
        this.#forgetFailure(place);
      }
    }
    wanted.forEach((start) => {
      start();
    });
  }

  #start(place: string, service: ObjectKey, address: string, port: number): void {
    this.#stop(place);
    if (this.#told.get(place) !== service) {
      this.#forgetFailure(place);
    }
    const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
      this.#answer(service, request, response);
    });
    server.on('error', (error) => {
      if (this.#listening.get(place)?.server !== server) {
        return;
      }
      if (!this.#told.has(place)) {
        this.#told.set(place, service);
        this.#options.failed(service, port, error);
      }
      const retry = startTimer(() => {
        this.#start(place, service, address, port);
      }, this.#options.retryMs ?? defaultRetryMs);
      this.#listening.set(place, { service, server, retry });
    });
    server.on('listening', () => {
      this.#forgetFailure(place);
    });
    server.listen(address === anyAddress ? { port } : { port, host: address });
    this.#listening.set(place, { service, server, retry: undefined });
  }

  #stop(place: string): void {
    const listening = this.#listening.get(place);
    if (listening !== undefined) {
      clearTimeout(listening.retry);
      listening.server.close();
      listening.server.closeAllConnections();
      this.#listening.delete(place);
    }
  }

  #forgetFailure(place: string): void {
    const service = this.#told.get(place);
    this.#told.delete(place);
    if (service !== undefined && ![...this.#told.values()].includes(service)) {
      this.#options.mended(service);
    }
  }

  #answer(service: ObjectKey, request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const check = this.#checks.get(service);
    const [namespace = '', name = ''] = service.split('/');
    const { status, headers, body } = healthCheckAnswer(
      { namespace, name },
      check ?? { nodePort: 0, localEndpoints: 0 },
      this.#options.isHealthy(),
    );
    response.writeHead(status, headers).end(body);
  }
}

/** Listens in both families. */
const anyAddress = '*';
