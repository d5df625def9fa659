import { align, attributeHeaderLength, messageHeaderLength, nestedAttribute } from './protocol.ts';

const initialCapacity = 4096;

/** How deep attributes nest in any message that we send. */
const deepestNesting = 8;

/**
 * Writes netlink messages one behind the other into a single growing buffer, so that
 * a batch of thousands of messages costs no allocation per message or attribute.
 */
export class MessageWriter {
  #buffer: Buffer = Buffer.alloc(initialCapacity);
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

  /** Starts a message; its length is filled in by `endMessage`. */
  beginMessage(type: number, flags: number, sequence: number): void {
    this.#messageStart = this.#length;
    const at = this.#reserve(messageHeaderLength);
    this.#buffer.writeUInt16LE(type, at + 4);
    this.#buffer.writeUInt16LE(flags, at + 6);
    this.#buffer.writeUInt32LE(sequence, at + 8);
    this.#buffer.writeUInt32LE(0, at + 12);
  }

  endMessage(): void {
    this.#buffer.writeUInt32LE(this.#length - this.#messageStart, this.#messageStart);
  }

  /** Adds flags to the message that was written last: the ACK of a batch is asked there. */
  addFlagsToLastMessage(flags: number): void {
    const at = this.#messageStart + 6;
    this.#buffer.writeUInt16LE(this.#buffer.readUInt16LE(at) | flags, at);
  }

  /** Fixed headers that follow the netlink header (genlmsghdr, ifaddrmsg, nfgenmsg). */
  u8(value: number): void {
    const at = this.#grow(1);
    this.#buffer[at] = value;
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#buffer.writeUInt16LE(value, at);
  }

  u16be(value: number): void {
    const at = this.#grow(2);
    this.#buffer.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#buffer.writeUInt32LE(value, at);
  }

  attributeU8(type: number, value: number): void {
    const at = this.#attribute(type, 1);
    this.#buffer[at] = value;
  }

  attributeU16(type: number, value: number): void {
    const at = this.#attribute(type, 2);
    this.#buffer.writeUInt16LE(value, at);
  }

  attributeU16be(type: number, value: number): void {
    const at = this.#attribute(type, 2);
    this.#buffer.writeUInt16BE(value, at);
  }

  attributeU32(type: number, value: number): void {
    const at = this.#attribute(type, 4);
    this.#buffer.writeUInt32LE(value, at);
  }

  attributeU32be(type: number, value: number): void {
    const at = this.#attribute(type, 4);
    this.#buffer.writeUInt32BE(value, at);
  }

  /** Two u32 in one attribute: flags and their mask, cache information. */
  attributeU32Pair(type: number, first: number, second: number): void {
    const at = this.#attribute(type, 8);
    this.#buffer.writeUInt32LE(first, at);
    this.#buffer.writeUInt32LE(second, at + 4);
  }

  /** Bytes, padded with zeros to `length` where that is longer. */
  attributeBytes(type: number, value: Uint8Array, length = value.length): void {
    const at = this.#attribute(type, length);
    this.#buffer.set(value, at);
  }

  /** ASCII text with its closing zero. */
  attributeString(type: number, value: string): void {
    const at = this.#attribute(type, value.length + 1);
    this.#buffer.write(value, at, 'latin1');
  }

  /** Opens an attribute that holds the attributes written until `endNested`. */
  beginNested(type: number): void {
    this.#nesting[this.#depth] = this.#length;
    this.#depth += 1;
    const at = this.#reserve(attributeHeaderLength);
    this.#buffer.writeUInt16LE(type | nestedAttribute, at + 2);
  }

  endNested(): void {
    this.#depth -= 1;
    const start = this.#nesting[this.#depth] ?? 0;
    this.#buffer.writeUInt16LE(this.#length - start, start);
  }

  /** Writes an attribute's header and makes room for its value; answers where that goes. */
  #attribute(type: number, length: number): number {
    const at = this.#reserve(align(attributeHeaderLength + length));
    this.#buffer.writeUInt16LE(attributeHeaderLength + length, at);
    this.#buffer.writeUInt16LE(type, at + 2);
    return at + attributeHeaderLength;
  }

  /** Room for `length` bytes, all zero since the buffer is used again and again. */
  #reserve(length: number): number {
    const at = this.#grow(length);
    this.#buffer.fill(0, at, at + length);
    return at;
  }

  #grow(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    return at;
  }
}
