/**
 * Numbers in host order, which is little-endian (protocol.ts), from places that are known to lie within the buffer.
 * Buffer's own methods look at the place once more, by a call with a list of arguments: in a list of
 * the kernel, which is made of such numbers, that costs more than all else.
 */
export function u16At(buffer: Uint8Array, at: number): number {
  return (buffer[at] ?? 0) | ((buffer[at + 1] ?? 0) << 8);
}

/** The same for 32 bits. */
export function u32At(buffer: Uint8Array, at: number): number {
  return (u16At(buffer, at) | (u16At(buffer, at + 2) << 16)) >>> 0;
}
