import {
  align,
  attributeHeaderLength,
  attributeTypeMask,
  messageHeaderLength,
} from './protocol.ts';
import { u16At, u32At } from './read-number.ts';

/** One netlink message of a received datagram. */
export interface ReceivedMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** What follows the netlink header. */
  readonly payload: Buffer;
}

/** A datagram or an attribute that ends before its own length says so. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

/** Splits a datagram into its messages. Throws MalformedMessageError. */
export function readMessages(datagram: Buffer): ReceivedMessage[] {
  const messages: ReceivedMessage[] = [];
  let at = 0;
  while (datagram.length - at >= messageHeaderLength) {
    const length = u32At(datagram, at);
    if (length < messageHeaderLength || at + length > datagram.length) {
      throw new MalformedMessageError(
        `a netlink message of ${length} bytes where ${datagram.length - at} are left`,
      );
    }
    messages.push({
      type: u16At(datagram, at + 4),
      flags: u16At(datagram, at + 6),
      sequence: u32At(datagram, at + 8),
      payload: datagram.subarray(at + messageHeaderLength, at + length),
    });
    at += align(length);
  }
  return messages;
}

/**
 * Calls `visit` for each attribute between two places of a buffer, with the places where its value
 * starts and ends. Throws MalformedMessageError.
 */
export function eachAttribute(
  buffer: Buffer,
  start: number,
  end: number,
  visit: (type: number, start: number, end: number) => void,
): void {
  let at = start;
  while (end - at >= attributeHeaderLength) {
    const length = u16At(buffer, at);
    if (length < attributeHeaderLength || at + length > end) {
      throw new MalformedMessageError(
        `a netlink attribute of ${length} bytes where ${end - at} are left`,
      );
    }
    const type = u16At(buffer, at + 2) & attributeTypeMask;
    visit(type, at + attributeHeaderLength, at + length);
    at += align(length);
  }
}

/** Calls `visit` for each attribute from `offset` on. Throws MalformedMessageError. */
export function forEachAttribute(
  buffer: Buffer,
  offset: number,
  visit: (type: number, value: Buffer) => void,
): void {
  eachAttribute(buffer, offset, buffer.length, (type, start, end) => {
    visit(type, buffer.subarray(start, end));
  });
}

/** Attributes by their type; of several of one type the last counts. */
export type Attributes = ReadonlyMap<number, Buffer>;

/** The attributes from `offset` on. Throws MalformedMessageError. */
export function readAttributes(buffer: Buffer, offset = 0): Attributes {
  const attributes = new Map<number, Buffer>();
  forEachAttribute(buffer, offset, (type, value) => attributes.set(type, value));
  return attributes;
}

/** The text of an attribute, without its closing zero. */
export function readString(value: Buffer): string {
  const end = value.indexOf(0);
  return value.toString('latin1', 0, end === -1 ? value.length : end);
}

/**
 * The error number of an NLMSG_ERROR or NLMSG_DONE payload as a positive number; 0 is an ACK.
 * Throws MalformedMessageError.
 */
export function readErrno(payload: Buffer): number {
  if (payload.length < 4) {
    throw new MalformedMessageError(`a netlink error of ${payload.length} bytes`);
  }
  return 0 - payload.readInt32LE(0);
}
