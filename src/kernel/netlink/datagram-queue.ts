const firstCapacity = 1 << 16;

/** A list of a million entries is some 100 MB, which nobody needs to hold until the next one. */
const mostKept = 1 << 25;

/**
 * Datagrams that were received and not looked at yet, one behind the other in one buffer that grows
 * and stays, unless it is very large. The buffers of the binding would outlive young collections here, and hold memory until
 * an old one.
 */
export class DatagramQueue {
  #bytes: Buffer = Buffer.alloc(0);
  readonly #ends: number[] = [];
  /** How many datagrams were taken, and where the last one of them ends. */
  #taken = 0;
  #start = 0;

  /** Copies the datagram: it may change afterwards. */
  push(datagram: Buffer): void {
    const end = this.#end;
    this.#grow(end + datagram.length);
    datagram.copy(this.#bytes, end);
    this.#ends.push(end + datagram.length);
  }

  /** The next one, valid until the next call of `push` or `clear`. */
  take(): Buffer | undefined {
    const end = this.#ends[this.#taken];
    if (end === undefined) {
      this.clear();
      return undefined;
    }
    const datagram = this.#bytes.subarray(this.#start, end);
    this.#start = end;
    this.#taken += 1;
    return datagram;
  }

  clear(): void {
    this.#ends.length = 0;
    this.#taken = 0;
    this.#start = 0;
    if (this.#bytes.length > mostKept) {
      this.#bytes = Buffer.alloc(0);
    }
  }

  get #end(): number {
    return this.#ends.at(-1) ?? 0;
  }

  #grow(needed: number): void {
    if (needed > this.#bytes.length) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(needed, firstCapacity, 2 * this.#bytes.length));
      this.#bytes.copy(bytes, 0, 0, this.#end);
      this.#bytes = bytes;
    }
  }
}
