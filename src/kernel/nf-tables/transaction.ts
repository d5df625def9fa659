import { beginNetfilterMessage } from '../netlink/netfilter-message.ts';
import type { MessageWriter } from '../netlink/message-writer.ts';
import { asNetlinkError } from '../netlink/exchange.ts';
import type { Lane } from '../netlink/lane.ts';
import { readErrno } from '../netlink/message-reader.ts';
import { NetlinkError, type Failures } from '../netlink/netlink-error.ts';
import { messageFlag, messageType } from '../netlink/protocol.ts';
import { batchMessage, nftSubsystem } from './protocol.ts';
import type { WriteNftMessage } from './write-ruleset.ts';

/** What the kernel says of a transaction. */
export type TransactionOutcome =
  | { readonly kind: 'taken' }
  /** Nothing of it took effect; the messages that are to blame, by their index. */
  | { readonly kind: 'refused'; readonly failures: Failures }
  /** It failed as a whole; where the answer was lost (`isOutcomeUnknown`) it may have taken effect. */
  | { readonly kind: 'failed'; readonly error: NetlinkError };

/** Whether the kernel is only to say what it would answer. */
export type TransactionMode = 'commit' | 'check';

/**
 * Sends messages as one transaction, in one datagram: all of them take effect, at once, or none does.
 * The kernel looks at every message, and so tells all that are to blame. Never rejects.
 *
 * Without the message that ends a batch the kernel does all but commit (nfnetlink_rcv_batch in
 * net/netfilter/nfnetlink.c), which `nft --check` uses too.
 */
export async function transact(
  lane: Lane,
  firstSequence: number,
  messages: readonly WriteNftMessage[],
  mode: TransactionMode = 'commit',
): Promise<TransactionOutcome> {
  const { writer } = lane;
  const failures = new Map<number, NetlinkError>();
  const last = firstSequence + messages.length;
  let whole: NetlinkError | undefined;
  try {
    write(writer, firstSequence, messages, mode);
    await lane.converse((message, finish) => {
      const { sequence, type, payload } = message;
      if (type !== messageType.error || sequence < firstSequence || sequence > last) {
        return;
      }
      const errno = readErrno(payload);
      if (sequence === firstSequence) {
        // The batch itself: no right to it, or it could not be committed.
        whole = NetlinkError.fromErrno(errno);
        finish();
        return;
      }
      if (errno !== 0) {
        failures.set(sequence - firstSequence - 1, NetlinkError.fromErrno(errno));
      }
      if (sequence === last) {
        finish();
      }
    });
  } catch (error) {
    whole = asNetlinkError(error);
  }
  if (whole !== undefined) {
    return { kind: 'failed', error: whole };
  }
  return failures.size === 0 ? { kind: 'taken' } : { kind: 'refused', failures };
}

/** So many numbers a transaction takes. */
export function sequencesOf(messages: readonly WriteNftMessage[]): number {
  return messages.length + 2;
}

function write(
  writer: MessageWriter,
  first: number,
  messages: readonly WriteNftMessage[],
  mode: TransactionMode,
): void {
  writer.reset();
  writeFrame(writer, first, batchMessage.begin);
  for (const [index, message] of messages.entries()) {
    message(writer, first + 1 + index);
  }
  writer.addFlagsToLastMessage(messageFlag.ack);
  if (mode === 'commit') {
    writeFrame(writer, first + 1 + messages.length, batchMessage.end);
  }
}

/** The subsystem stands where other messages of nfnetlink have the number of a resource. */
function writeFrame(writer: MessageWriter, sequence: number, type: number): void {
  beginNetfilterMessage(writer, sequence, { subsystem: 0, command: type }, 0, 0, nftSubsystem);
  writer.endMessage();
}
