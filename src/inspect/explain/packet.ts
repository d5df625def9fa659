import { formatVirtualServer } from '../../kernel/ipvs/model.ts';
import type { IpAddress } from '../../net/ip-address.ts';
import type { Protocol } from '../../net/protocol.ts';

/** Who sends the first packet of a connection, as far as the one who asks knows. */
export type Sender =
  /** A process of this node, a Pod in the host network among them. */
  | { readonly kind: 'node' }
  /** Some Pod whose traffic counts as local (`detectLocalMode`). */
  | { readonly kind: 'pod' }
  /** Somebody whose traffic does not. */
  | { readonly kind: 'outside' }
  | { readonly kind: 'address'; readonly address: IpAddress };

/** Where a packet goes. */
export interface Destination {
  readonly protocol: Protocol;
  readonly address: IpAddress;
  readonly port: number;
}

/** The first packet of a connection, as it comes to this node or leaves a process of it. */
export interface Packet {
  readonly from: Sender;
  readonly to: Destination;
}

/** `UDP 10.96.0.10:53`: also the key of the virtual server that would take it. */
export function formatDestination(to: Destination): string {
  return formatVirtualServer({ kind: 'address', ...to });
}

/** `10.244.1.5`, `a process of this node`. */
export function formatSender(from: Sender): string {
  switch (from.kind) {
    case 'node':
      return 'a process of this node';
    case 'pod':
      return 'a Pod';
    case 'outside':
      return 'a host outside the cluster';
    case 'address':
      return from.address.text;
  }
}
