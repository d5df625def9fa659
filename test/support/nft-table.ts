import { MessageWriter } from '../../src/kernel/netlink/message-writer.ts';
import { beginNetfilterMessage } from '../../src/kernel/netlink/netfilter-message.ts';
import { messageFlag, netlinkProtocol } from '../../src/kernel/netlink/protocol.ts';
import { kernelTransport } from '../../src/kernel/netlink/transport.ts';

/** The numbers of nfnetlink and nf_tables; `bridge` is all that User Mode Linux has. */
const subsystem = 10;
const newTable = 0;
const tableName = 1;
const bridge = 7;
const batchBegin = 0x10;
const batchEnd = 0x11;

/** Makes a table of nftables, as `nft add table bridge NAME` would. */
export async function makeBridgeTable(name: string): Promise<void> {
  const writer = new MessageWriter();
  batchMessage(writer, batchBegin, 1);
  const flags = messageFlag.create | messageFlag.ack;
  beginNetfilterMessage(writer, 2, { subsystem, command: newTable }, flags, bridge);
  writer.attributeString(tableName, name);
  writer.endMessage();
  batchMessage(writer, batchEnd, 3);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const open = kernelTransport(netlinkProtocol.netfilter);
  const socket = open(
    {
      message: resolve,
      error: (code) => {
        reject(new Error(code));
      },
    },
    'short',
  );
  try {
    socket.send(writer.bytes());
    const errno = (await promise).readInt32LE(16);
    if (errno !== 0) {
      throw new Error(`the table ${name} could not be made: errno ${-errno}`);
    }
  } finally {
    socket.close();
  }
}

function batchMessage(writer: MessageWriter, type: number, sequence: number): void {
  writer.beginMessage(type, messageFlag.request, sequence);
  writer.u8(0);
  writer.u8(0);
  writer.u16be(subsystem);
  writer.endMessage();
}
