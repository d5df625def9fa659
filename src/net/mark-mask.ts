/**
 * Eight bits that hardly any other program has: kube-proxy takes 0xc000, portmap 0x2000, Cilium 0xf00 (what
 * else it takes means something with these alone), AWS' plugin 0x80, Calico 0xffff0000 and Tailscale 0xff0000.
 * Antrea has 0xff for its Egress; no eight bits are free of all (docs/port-ranges.md).
 */
export const usualMarkMask = 0x107f;

export const allowedMarkMask = 'must be a number such as 0x107f, with 1 to 16 of 32 bits set';

const mostBits = 16;

/** Reads `0x107f`. Undefined for what is no mask of a few bits. */
export function parseMarkMask(text: string): number | undefined {
  if (!/^0x[0-9a-f]{1,8}$/i.test(text.trim())) {
    return undefined;
  }
  const mask = Number(text.trim());
  const { size } = new MarkMask(mask);
  return size > 0 && size < 2 ** mostBits ? mask : undefined;
}

/** Whether a mask of 32 bits has one of them. */
export function hasBit(mask: number, bit: number): boolean {
  return Math.floor(mask / 2 ** bit) % 2 === 1;
}

/** Spreads numbers over the bits of a mask of packet marks: the first one has its lowest bit alone. */
export class MarkMask {
  readonly #bits: readonly number[];

  /** Of 32 bits. */
  constructor(mask: number) {
    this.#bits = Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => hasBit(mask, bit));
  }

  /** How many marks there are; 0 is none. */
  get size(): number {
    return 2 ** this.#bits.length - 1;
  }

  /** The mark of a number from 1 to `size`. */
  markOf(number: number): number {
    return this.#bits.reduce(
      (mark, bit, index) => mark + (hasBit(number, index) ? 2 ** bit : 0),
      0,
    );
  }

  /** Whether a mark has bits of the mask alone, and some. */
  has(mark: number): boolean {
    return (
      mark !== 0 &&
      this.#bits.reduce((rest, bit) => rest - (hasBit(mark, bit) ? 2 ** bit : 0), mark) === 0
    );
  }
}

/** `0x107f` */
export function formatMark(mark: number): string {
  return `0x${mark.toString(16)}`;
}
