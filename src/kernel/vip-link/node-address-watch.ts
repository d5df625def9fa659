import { asError } from '../../base/as-error.ts';
import type { IpAddress } from '../../net/ip-address.ts';
import { AddressMonitor, type MonitorListener } from './address-monitor.ts';
import type { AddressClient } from './client.ts';
import { nodeAddressesOf } from './node-addresses.ts';
import { vipLinkName } from './protocol.ts';
import { startInterval, startTimer } from '../../base/time/timers.ts';

export interface NodeAddressListener {
  /** All addresses of the node, after a change and once at the start. */
  nodeAddresses(addresses: readonly IpAddress[]): void;
  /** An address of the VIP link, or that link itself, was taken away. */
  vipLost(): void;
  /** They were read. */
  read(): void;
  /** They could not be read; it is tried again. */
  unreadable(error: Error): void;
  /** Changes of them are noticed. */
  followed(): void;
  /** Changes of them are not noticed; that is tried again, and they are read from time to time. */
  unfollowed(error: Error): void;
}

/** What is needed of the client. */
export type NodeAddressClient = Pick<AddressClient, 'links' | 'addresses'>;

/** Notices come in bursts; they are gathered for as long, in milliseconds. */
const gatherMs = 10;

export interface NodeAddressWatchOptions {
  /** How often the addresses are read without a notice, in milliseconds. */
  readonly rereadEveryMs: number;
}

/**
 * Follows the node's addresses by the kernel's notifications. What a notification says is only
 * a reason to read them all: a lost one then costs nothing, and neither does one too many. Our
 * own VIPs coming are no reason.
 */
export class NodeAddressWatch {
  readonly #client: NodeAddressClient;
  readonly #listener: NodeAddressListener;
  readonly #options: NodeAddressWatchOptions;
  readonly #monitor: Pick<AddressMonitor, 'start' | 'stop'>;
  #gathering: NodeJS.Timeout | undefined;
  #rereading: NodeJS.Timeout | undefined;
  #known: string | undefined;
  #stopped = false;

  constructor(
    client: NodeAddressClient,
    listener: NodeAddressListener,
    options: NodeAddressWatchOptions,
    monitor = (events: MonitorListener): Pick<AddressMonitor, 'start' | 'stop'> =>
      new AddressMonitor(events),
  ) {
    this.#client = client;
    this.#listener = listener;
    this.#options = options;
    this.#monitor = monitor({
      notice: (line) => {
        listener.followed();
        this.#notice(line);
      },
      failed: (error) => {
        listener.unfollowed(error);
      },
    });
  }

  /** Tells the addresses that there are, and from then on each change. Rejects with NetlinkError. */
  async start(): Promise<void> {
    this.#monitor.start();
    this.#rereading = startInterval(() => {
      this.#gather();
    }, this.#options.rereadEveryMs);
    await this.#read();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#gathering);
    clearInterval(this.#rereading);
    this.#monitor.stop();
  }

  #notice(line: string): void {
    if (!isAboutVipLink(line)) {
      this.#gather();
    } else if (line.startsWith('Deleted ')) {
      this.#listener.vipLost();
    }
  }

  #gather(): void {
    this.#gathering ??= startTimer(() => {
      this.#gathering = undefined;
      this.#read().catch((error: unknown) => {
        this.#listener.unreadable(asError(error));
      });
    }, gatherMs);
  }

  async #read(): Promise<void> {
    const links = await this.#client.links();
    const addresses = nodeAddressesOf(links, await this.#client.addresses());
    this.#listener.read();
    const text = addresses.map(String).toSorted().join(' ');
    if (text !== this.#known && !this.#stopped) {
      this.#known = text;
      this.#listener.nodeAddresses(addresses);
    }
  }
}

/** `7: kube-ipvs0    inet ...`, or `Deleted 7: kube-ipvs0: <BROADCAST,NOARP> ...`. */
function isAboutVipLink(line: string): boolean {
  return /^(?:Deleted )?\d+: ([^\s:@]+)/.exec(line)?.[1] === vipLinkName;
}
