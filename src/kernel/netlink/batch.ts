import type { MessageWriter } from './message-writer.ts';

/** A datagram ends here: the kernel works through it in one system call. */
export const datagramBytes = 60_000;

/**
 * The errors of all its messages must fit the receive buffer together. So many do where nothing is
 * known of the buffer; a socket that is open tells, but more than `most` gain nothing.
 */
export const datagramMessages = { usual: 250, most: 400 } as const;

/** Messages that are sent one behind the other, in few datagrams. */
export interface Batch {
  /** How many messages these are. */
  readonly count: number;
  /** How long one of them is as a rule, in bytes; 0 where that is not known. */
  readonly messageBytes: number;
  /**
   * Writes the next messages, numbered from `sequence` on: one at least, `most` at most, and
   * none behind `datagramBytes`. Returns how many.
   */
  write(writer: MessageWriter, sequence: number, most: number): number;
}

/** Writes the message of one operation of a batch. */
export type WriteOperation = (writer: MessageWriter, sequence: number, index: number) => void;

/** A batch of one message for each of `count` operations. */
export function batchOf(count: number, messageBytes: number, writeOne: WriteOperation): Batch {
  let next = 0;
  return {
    count,
    messageBytes,
    write(writer, sequence, most) {
      const first = next;
      const end = first + most;
      do {
        writeOne(writer, sequence + next - first, next);
        next += 1;
      } while (next < end && writer.length < datagramBytes);
      return next - first;
    },
  };
}
