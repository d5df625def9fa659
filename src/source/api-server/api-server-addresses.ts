import { isIP } from 'node:net';
import { IpAddress } from '../../net/ip-address.ts';
import type { ApiServerAddress } from '../../cluster/objects.ts';
import type { Clock } from './clock.ts';

/** A server that the requests go to: the API server's, or a proxy's in front of it. */
export interface ServerUrl {
  readonly url: string;
  /** Named by the kubeconfig or `--master`; otherwise by the environment of the Pod. */
  readonly isConfigured: boolean;
}

/** The addresses of a name. Rejects where they cannot be had. */
export type Lookup = (name: string) => Promise<readonly string[]>;

export interface ApiServerAddressesOptions {
  readonly clock: Clock;
  /** Hears of all addresses whenever they may have changed. */
  readonly changed: (servers: readonly ApiServerAddress[]) => void;
  readonly lookup?: Lookup;
}

/** How often names are looked up again. */
const lookupEveryMs = 30_000;

/** So many addresses that answered last are remembered: behind a name there may be others each day. */
const rememberedAtMost = 32;

interface Server {
  readonly host: string;
  readonly port: number;
  readonly isConfigured: boolean;
}

/**
 * The addresses at which the program reaches its API server: those of the configured URLs, whose names
 * are looked up again and again, and those that have answered. One that answered stays known while it
 * is out of reach: it may be out of reach because a Service has taken it.
 */
export class ApiServerAddresses {
  readonly #options: ApiServerAddressesOptions;
  readonly #lookup: Lookup;
  readonly #resolved = new Map<string, readonly IpAddress[]>();
  readonly #answered = new Map<string, ApiServerAddress>();
  #servers: readonly Server[] = [];

  constructor(options: ApiServerAddressesOptions) {
    this.#options = options;
    this.#lookup = options.lookup ?? systemLookup;
  }

  /** The requests go to these servers from now on. */
  setUrls(urls: readonly ServerUrl[]): void {
    this.#servers = urls.flatMap(({ url, isConfigured }) => {
      const server = serverOf(url);
      return server === undefined ? [] : [{ ...server, isConfigured }];
    });
    this.#tell();
  }

  /** A request was answered from here. */
  answered(text: string, port: number): void {
    const key = `${text} ${port}`;
    const address = IpAddress.parse(text);
    if (address === undefined || this.#answered.has(key)) {
      return;
    }
    this.#answered.set(key, { address, port, isConfigured: false });
    const [oldest] = this.#answered.keys();
    if (this.#answered.size > rememberedAtMost && oldest !== undefined) {
      this.#answered.delete(oldest);
    }
    this.#tell();
  }

  /** Looks names up until the signal is aborted. Never rejects: what cannot be had stays as it was. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.refresh();
      await this.#options.clock.sleep(lookupEveryMs, signal);
    }
  }

  /** Looks all names up once. */
  async refresh(): Promise<void> {
    const names = new Set(this.#servers.map(({ host }) => host).filter((host) => isIP(host) === 0));
    for (const name of names) {
      try {
        const found = (await this.#lookup(name)).map((text) => IpAddress.parse(text));
        // In an order of their own: servers of names like to turn them round.
        this.#resolved.set(
          name,
          found
            .filter((address) => address !== undefined)
            .toSorted((a, b) => (a.text < b.text ? -1 : 1)),
        );
      } catch {
        // Names fail while the network does; requests that fail are told.
      }
    }
    if (names.size > 0) {
      this.#tell();
    }
  }

  #tell(): void {
    const configured = this.#servers.flatMap(({ host, port, isConfigured }) =>
      this.#addressesOf(host).map((address) => ({ address, port, isConfigured })),
    );
    const known = new Set(configured.map(({ address, port }) => `${address.text} ${port}`));
    const others = [...this.#answered].filter(([key]) => !known.has(key));
    this.#options.changed([...configured, ...others.map(([, server]) => server)]);
  }

  #addressesOf(host: string): readonly IpAddress[] {
    const address = IpAddress.parse(host);
    return address === undefined ? (this.#resolved.get(host) ?? []) : [address];
  }
}

function serverOf(text: string): Pick<Server, 'host' | 'port'> | undefined {
  const url = URL.parse(text);
  if (url === null || url.hostname === '') {
    return undefined;
  }
  const port = url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

async function systemLookup(name: string): Promise<readonly string[]> {
  // Loaded where there is a name at all.
  const { lookup } = await import('node:dns/promises');
  return (await lookup(name, { all: true })).map(({ address }) => address);
}
