import { swap16, swap32 } from './byte-order.ts';
import { eachAttribute, MalformedMessageError } from './message-reader.ts';
import { u16At, u32At } from './read-number.ts';

/**
 * Where the attributes of a message lie, by their type. One table is used for one message after the
 * other, and reads values where they are: a list of ten thousand objects leaves nothing behind but
 * what is made of them. Of several attributes of one type the last counts.
 */
export class AttributeTable {
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  #buffer: Buffer = Buffer.alloc(0);
  readonly #note = (type: number, start: number, end: number): void => {
    if (type < this.#starts.length) {
      this.#starts[type] = start;
      this.#lengths[type] = end - start;
    }
  };

  /** Attributes of a higher type are skipped. */
  constructor(highestType: number) {
    this.#starts = new Int32Array(highestType + 1);
    this.#lengths = new Int32Array(highestType + 1);
  }

  /** Takes the attributes from `start` to `end`. Throws MalformedMessageError. */
  read(buffer: Buffer, start: number, end: number): void {
    this.#buffer = buffer;
    this.#starts.fill(-1);
    eachAttribute(buffer, start, end, this.#note);
  }

  has(type: number): boolean {
    return (this.#starts[type] ?? -1) >= 0;
  }

  /** Where a value of at least `length` bytes starts. Throws MalformedMessageError. */
  start(type: number, length: number): number {
    const start = this.#starts[type] ?? -1;
    if (start < 0 || this.length(type) < length) {
      throw new MalformedMessageError(
        `a netlink message without attribute ${type} of at least ${length} bytes`,
      );
    }
    return start;
  }

  /** Where the value ends, for one that is there. */
  end(type: number): number {
    return (this.#starts[type] ?? 0) + this.length(type);
  }

  /** The number of bytes of a value that is there. */
  length(type: number): number {
    return this.#lengths[type] ?? 0;
  }

  /** Throws MalformedMessageError, as all of these do. */
  u8(type: number): number {
    return this.#buffer[this.start(type, 1)] ?? 0;
  }

  u16(type: number): number {
    return u16At(this.#buffer, this.start(type, 2));
  }

  u16be(type: number): number {
    return swap16(this.u16(type));
  }

  u32(type: number): number {
    return u32At(this.#buffer, this.start(type, 4));
  }

  u32be(type: number): number {
    return swap32(this.u32(type)) >>> 0;
  }

  /** As a number: exact up to 2^53. */
  u64(type: number): number {
    const start = this.start(type, 8);
    return u32At(this.#buffer, start) + u32At(this.#buffer, start + 4) * 2 ** 32;
  }

  /** ASCII text, up to its closing zero. */
  text(type: number): string {
    const start = this.start(type, 1);
    const end = this.end(type);
    const zero = this.#buffer.indexOf(0, start);
    return this.#buffer.toString('latin1', start, zero === -1 || zero > end ? end : zero);
  }
}
