import type { IpAddress } from '../net/ip-address.ts';
import { readMessages } from '../netlink/message-reader.ts';
import { netlinkProtocol } from '../netlink/protocol.ts';
import {
  openKernelTransport,
  type NetlinkTransport,
  type TransportEvents,
} from '../netlink/transport.ts';
import type { AddressClient } from './client.ts';
import { readAddress } from './messages.ts';
import { nodeAddressesOf } from './node-addresses.ts';
import { routeGroup, routeMessage, vipLinkName } from './protocol.ts';

export interface NodeAddressListener {
  /** All addresses of the node, after a change and once at the start. */
  nodeAddresses(addresses: readonly IpAddress[]): void;
  /** They could not be read; it is tried again at the next notice or audit. */
  failed(error: Error): void;
}

/** Notices come in bursts; they are gathered for as long, in milliseconds. */
const gatherMs = 10;

/**
 * Follows the node's addresses by the kernel's notifications. What a notification says is only
 * a reason to read them all: a lost one then costs nothing, and neither does one too many. Our
 * own VIPs coming and going are no reason.
 */
export class NodeAddressWatch {
  readonly #client: AddressClient;
  readonly #listener: NodeAddressListener;
  readonly #open: (events: TransportEvents) => NetlinkTransport;
  #transport: NetlinkTransport | undefined;
  #timer: NodeJS.Timeout | undefined;
  #vipLinkIndex: number | undefined;
  #known: string | undefined;

  constructor(
    client: AddressClient,
    listener: NodeAddressListener,
    open = (events: TransportEvents): NetlinkTransport =>
      openKernelTransport(netlinkProtocol.route, events, [
        routeGroup.link,
        routeGroup.ipv4Address,
        routeGroup.ipv6Address,
      ]),
  ) {
    this.#client = client;
    this.#listener = listener;
    this.#open = open;
  }

  /** Tells the addresses that there are, and from then on each change. Rejects with NetlinkError. */
  async start(): Promise<void> {
    this.#transport = this.#open({
      message: (datagram) => {
        if (this.#concernsNode(datagram)) {
          this.#gather();
        }
      },
      error: () => {
        // Notices were lost; which ones does not matter.
        this.#gather();
      },
    });
    await this.#read();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#transport?.close();
    this.#transport = undefined;
  }

  #gather(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#read().catch((error: unknown) => {
        this.#listener.failed(error instanceof Error ? error : new Error(String(error)));
      });
    }, gatherMs);
  }

  async #read(): Promise<void> {
    const links = await this.#client.links();
    const addresses = nodeAddressesOf(links, await this.#client.addresses());
    this.#vipLinkIndex = links.find(({ name }) => name === vipLinkName)?.index;
    const text = addresses.map(String).toSorted().join(' ');
    if (text !== this.#known && this.#transport !== undefined) {
      this.#known = text;
      this.#listener.nodeAddresses(addresses);
    }
  }

  #concernsNode(datagram: Buffer): boolean {
    try {
      return readMessages(datagram).some(({ type, payload }) => {
        const isAddress = type === routeMessage.newAddress || type === routeMessage.deleteAddress;
        return !isAddress || readAddress(payload)?.linkIndex !== this.#vipLinkIndex;
      });
    } catch {
      return true;
    }
  }
}
