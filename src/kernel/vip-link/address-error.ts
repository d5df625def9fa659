import { isOutcomeUnknown, type NetlinkError } from '../netlink/netlink-error.ts';
import type { AddressOperation } from './messages.ts';
import { vipLinkName } from './protocol.ts';

/** The kernel refused to bind or unbind an address. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  /** The errno's name: `EADDRNOTAVAIL`. */
  readonly code: string;
  readonly operation: AddressOperation;
  /** The kernel may have done it all the same; only a fresh read tells. */
  readonly outcomeUnknown: boolean;

  constructor(operation: AddressOperation, cause: NetlinkError) {
    super(`${operation.kind} ${operation.address.hostPrefix} on ${vipLinkName}: ${cause.message}`, {
      cause,
    });
    this.code = cause.code;
    this.operation = operation;
    this.outcomeUnknown = isOutcomeUnknown(cause);
  }
}

/** The VIP link cannot be had: the reason, and how to mend it. */
export class VipLinkError extends Error {
  override readonly name = 'VipLinkError';
}
