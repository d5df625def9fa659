import { readAttributes, readString } from '../../../src/kernel/netlink/message-reader.ts';

/**
 * The kernel's side of netlink's bytes, written by hand from the kernel's headers and not by the
 * project's own writer: a mistake in that must not meet its own mirror image.
 */

/** A netlink message, padded. */
export function netlinkMessage(
  type: number,
  sequence: number,
  payload: Uint8Array,
  flags = 0,
): Buffer {
  const message = Buffer.alloc((16 + payload.length + 3) & ~3);
  message.writeUInt32LE(16 + payload.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  message.writeUInt32LE(sequence, 8);
  message.set(payload, 16);
  return message;
}

/** NLMSG_ERROR with the positive errno and the header of what it answers; 0 is an ACK. */
export function errorMessage(sequence: number, errno: number): Buffer {
  const payload = Buffer.alloc(20);
  payload.writeInt32LE(0 - errno, 0);
  payload.writeUInt32LE(sequence, 12);
  return netlinkMessage(2, sequence, payload);
}

/** NLMSG_DONE: the end of a dump; flag 0x10 says that it was interrupted. */
export function doneMessage(sequence: number, flags = 0, errno = 0): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeInt32LE(0 - errno, 0);
  return netlinkMessage(3, sequence, payload, 0x2 | flags);
}

/** An attribute, padded. */
export function attribute(type: number, ...values: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(values);
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}

export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u16be(value: number): Buffer {
  return u16(value).swap16();
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

export function u32be(value: number): Buffer {
  return u32(value).swap32();
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`, 'latin1');
}

/** The errno with which the kernel answers a message. */
export class Refusal extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}

/** The attributes of a message or of an attribute, with the lengths that the kernel's policies ask for. */
export class AttributeReader {
  readonly #values: ReadonlyMap<number, Buffer>;
  readonly #missing: number;
  readonly #tooShort: number;

  /** The errnos for an attribute that is not there, and for one that is cut short. */
  constructor(bytes: Buffer, offset: number, missing: number, tooShort = missing) {
    this.#values = readAttributes(bytes, offset);
    this.#missing = missing;
    this.#tooShort = tooShort;
  }

  has(type: number): boolean {
    return this.#values.has(type);
  }

  nested(type: number): AttributeReader {
    return new AttributeReader(this.bytes(type), 0, this.#missing, this.#tooShort);
  }

  bytes(type: number, length?: number): Buffer {
    const value = this.#values.get(type);
    if (value === undefined) {
      throw new Refusal(this.#missing);
    }
    if (length !== undefined && value.length < length) {
      throw new Refusal(this.#tooShort);
    }
    return value;
  }

  u8(type: number): number {
    return this.bytes(type, 1).readUInt8();
  }

  u16(type: number): number {
    return this.bytes(type, 2).readUInt16LE();
  }

  u16be(type: number): number {
    return this.bytes(type, 2).readUInt16BE();
  }

  u32(type: number): number {
    return this.bytes(type, 4).readUInt32LE();
  }

  u32be(type: number): number {
    return this.bytes(type, 4).readUInt32BE();
  }

  text(type: number): string {
    return readString(this.bytes(type));
  }
}
