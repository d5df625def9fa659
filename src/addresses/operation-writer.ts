import { swap32 } from '../netlink/byte-order.ts';
import type { OperationWriter } from '../netlink/execute-operations.ts';
import type { MessageWriter } from '../netlink/message-writer.ts';
import { writeAddressOperation, type AddressOperation } from './messages.ts';

/** Where the values stand in the message of an IPv4 address, in words of 32 bits. */
const place = { local: 7, address: 9 } as const;

/**
 * Writes the messages of changes on the link with the index, as `writeAddressOperation` does. A
 * first sync binds an address for each Service: those of IPv4 are copies of the first one.
 */
export class AddressOperationWriter implements OperationWriter<AddressOperation> {
  /** That of an IPv4 address. */
  readonly messageBytes = 48;
  readonly #linkIndex: number;
  #template: Uint32Array | undefined;

  constructor(linkIndex: number) {
    this.#linkIndex = linkIndex;
  }

  write(writer: MessageWriter, sequence: number, operation: AddressOperation): void {
    const { kind, address } = operation;
    const isPlain = kind === 'bind' && address.family === 'IPv4';
    if (!isPlain || this.#template === undefined) {
      writeAddressOperation(writer, sequence, this.#linkIndex, operation);
      if (isPlain) {
        this.#template = writer.copyOfLastMessage();
      }
      return;
    }
    const at = writer.repeatMessage(this.#template, sequence);
    const { words } = writer;
    const word = swap32(address.word0);
    words[at + place.local] = word;
    words[at + place.address] = word;
  }
}
