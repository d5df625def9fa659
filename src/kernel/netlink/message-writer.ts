import { addressLength, type IpAddress } from '../../net/ip-address.ts';
import { swap16, swap32 } from './byte-order.ts';
import { NetlinkError } from './netlink-error.ts';
import { align, attributeHeaderLength, messageHeaderLength, nestedAttribute } from './protocol.ts';

/** Enough for what one event makes; a batch grows it. */
const initialCapacity = 4 << 10;

/** The length of an attribute has 16 bits. */
const longestAttribute = 0xffff;

/** How deep attributes nest in any message that we send. */
const deepestNesting = 8;

/**
 * Writes netlink messages one behind the other into a single growing buffer, so that
 * a batch of thousands of messages costs no allocation per message or attribute. Messages and
 * attributes start on multiples of four bytes, so that most of them is written in whole words:
 * a batch is often all that a process ever writes, and this needs no warming up.
 */
export class MessageWriter {
  #buffer: Buffer = Buffer.alloc(initialCapacity);
  /** The same memory. */
  #words = wordsOf(this.#buffer);
  #length = 0;
  #messageStart = 0;
  readonly #nesting = new Int32Array(deepestNesting);
  #depth = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written; a view that is valid until the next `reset`. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Starts over and keeps the memory. */
  reset(): void {
    this.#length = 0;
    this.#depth = 0;
  }

  /** Makes room for so many bytes more at once, where a batch is about to be written. */
  reserve(length: number): void {
    if (this.#length + length > this.#buffer.length) {
      this.#enlarge(this.#length + length);
    }
  }

  /** Starts a message; its length is filled in by `endMessage`. */
  beginMessage(type: number, flags: number, sequence: number): void {
    this.#messageStart = this.#length;
    const word = this.#grow(messageHeaderLength) >>> 2;
    const words = this.#words;
    words[word] = 0;
    words[word + 1] = type | (flags << 16);
    words[word + 2] = sequence;
    words[word + 3] = 0;
  }

  endMessage(): void {
    this.#words[this.#messageStart >>> 2] = this.#length - this.#messageStart;
  }

  /** Adds flags to the message that was written last: the ACK of a batch is asked there. */
  addFlagsToLastMessage(flags: number): void {
    const word = (this.#messageStart >>> 2) + 1;
    this.#words[word] = (this.#words[word] ?? 0) | (flags << 16);
  }

  /** Fixed headers that follow the netlink header (genlmsghdr, ifaddrmsg, nfgenmsg). */
  u8(value: number): void {
    const at = this.#grow(1);
    this.#buffer[at] = value;
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#buffer[at] = value;
    this.#buffer[at + 1] = value >>> 8;
  }

  u16be(value: number): void {
    this.u16(swap16(value));
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#words[at >>> 2] = value;
  }

  attributeU8(type: number, value: number): void {
    this.#wordAttribute(type, 1, value);
  }

  attributeU16(type: number, value: number): void {
    this.#wordAttribute(type, 2, value);
  }

  attributeU16be(type: number, value: number): void {
    this.#wordAttribute(type, 2, swap16(value));
  }

  attributeU32(type: number, value: number): void {
    this.#wordAttribute(type, 4, value);
  }

  attributeU32be(type: number, value: number): void {
    this.#wordAttribute(type, 4, swap32(value));
  }

  /** Two u32 in one attribute: flags and their mask, cache information. */
  attributeU32Pair(type: number, first: number, second: number): void {
    const word = this.#attribute(type, 8) >>> 2;
    this.#words[word] = first;
    this.#words[word + 1] = second;
  }

  /** An address in network order, padded with zeros to `length` bytes where that is longer. */
  attributeAddress(
    type: number,
    address: IpAddress,
    length: number = addressLength(address.family),
  ): void {
    const word = this.#attribute(type, length) >>> 2;
    const words = this.#words;
    words[word] = swap32(address.word0);
    if (length > 4) {
      words[word + 1] = swap32(address.word1);
      words[word + 2] = swap32(address.word2);
      words[word + 3] = swap32(address.word3);
    }
  }

  /** Bytes, padded with zeros to `length` where that is longer. */
  attributeBytes(type: number, value: Uint8Array, length = value.length): void {
    const at = this.#attribute(type, length);
    const buffer = this.#buffer;
    // Addresses are too short for Buffer.set and Buffer.fill to pay.
    for (let index = 0; index < value.length; index += 1) {
      buffer[at + index] = value[index] ?? 0;
    }
    for (let index = value.length; index < length; index += 1) {
      buffer[at + index] = 0;
    }
  }

  /** ASCII text with its closing zero. */
  attributeString(type: number, value: string): void {
    const at = this.#attribute(type, value.length + 1);
    for (let index = 0; index < value.length; index += 1) {
      this.#buffer[at + index] = value.charCodeAt(index);
    }
    this.#buffer[at + value.length] = 0;
  }

  /** Opens an attribute that holds the attributes written until `endNested`. */
  beginNested(type: number): void {
    this.#nesting[this.#depth] = this.#length;
    this.#depth += 1;
    const at = this.#grow(attributeHeaderLength);
    this.#words[at >>> 2] = (type | nestedAttribute) << 16;
  }

  /** Throws NetlinkError where it holds more than its length can say: that would change its type. */
  endNested(): void {
    this.#depth -= 1;
    const start = this.#nesting[this.#depth] ?? 0;
    const word = start >>> 2;
    const length = this.#length - start;
    if (length > longestAttribute) {
      throw new NetlinkError('EMSGSIZE', `an attribute cannot be ${length} bytes long`);
    }
    this.#words[word] = (this.#words[word] ?? 0) | length;
  }

  /** An attribute of up to four bytes; those of `value` above its length are zero. */
  #wordAttribute(type: number, length: number, value: number): void {
    const word = this.#grow(attributeHeaderLength + 4) >>> 2;
    this.#words[word] = (attributeHeaderLength + length) | (type << 16);
    this.#words[word + 1] = value;
  }

  /** Writes an attribute's header and makes room for its value; returns where that goes. */
  #attribute(type: number, length: number): number {
    const end = align(attributeHeaderLength + length);
    const at = this.#grow(end);
    this.#words[at >>> 2] = (attributeHeaderLength + length) | (type << 16);
    if (length > 0) {
      // The padding has to be zero, and the buffer is used again and again.
      this.#words[(at + end - 4) >>> 2] = 0;
    }
    return at + attributeHeaderLength;
  }

  #grow(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#buffer.length) {
      this.#enlarge(Math.max(this.#length, this.#buffer.length * 2));
    }
    return at;
  }

  #enlarge(capacity: number): void {
    // Not filled with zeros: each page is touched when it is written, and not before.
    const larger = Buffer.allocUnsafeSlow(align(capacity));
    this.#buffer.copy(larger);
    this.#buffer = larger;
    this.#words = wordsOf(larger);
  }
}

function wordsOf(buffer: Buffer): Uint32Array {
  return new Uint32Array(buffer.buffer, buffer.byteOffset, buffer.length >>> 2);
}
