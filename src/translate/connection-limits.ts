/** How many connections a real server may have. */
export interface ConnectionLimits {
  /** At so many it gets no more. */
  readonly upper: number;
  /** Below so many it does again; 0 for three quarters of `upper`, by the kernel's own rule. */
  readonly lower: number;
}

/** What the kernel counts connections in is signed. */
const highestLimit = 0x7fff_ffff;

/** What a limit may be, for those who named another. */
export const allowedConnectionLimits = `must be such as 200 or 200/150: at so many connections a real server gets no more, and below so many it does again (whole numbers from 1 to ${highestLimit}, the second not above the first); or 0 for no limit`;

/** Reads `200` or `200/150`; `none` for `0`, and undefined for anything else. */
export function parseConnectionLimits(text: string): ConnectionLimits | 'none' | undefined {
  const [, upperText, lowerText] = /^(\d{1,10})(?:\/(\d{1,10}))?$/.exec(text.trim()) ?? [];
  if (upperText === undefined) {
    return undefined;
  }
  const upper = Number(upperText);
  if (upper === 0 && lowerText === undefined) {
    return 'none';
  }
  const lower = Number(lowerText ?? 0);
  const isLowerFit = lowerText === undefined || (lower > 0 && lower <= upper);
  return upper > 0 && upper <= highestLimit && isLowerFit ? { upper, lower } : undefined;
}
