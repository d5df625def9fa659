import { MessageWriter } from '../../src/kernel/netlink/message-writer.ts';

/** What is written, in hexadecimal digits. */
export function writtenHex(write: (writer: MessageWriter) => void): string {
  return writtenBytes(write).toString('hex');
}

/** What is written, in bytes of its own. */
export function writtenBytes(write: (writer: MessageWriter) => void): Buffer {
  const writer = new MessageWriter();
  write(writer);
  return Buffer.from(writer.bytes());
}

/** Hexadecimal digits from lines that are spaced to be read. */
export function hex(...lines: readonly string[]): string {
  return lines.join('').replaceAll(' ', '');
}
