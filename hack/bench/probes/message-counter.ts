import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { command } from '../../../src/kernel/ipvs/protocol.ts';
import { readMessages } from '../../../src/kernel/netlink/message-reader.ts';
import { ipvsFamily } from './ipvs-family.ts';

/** Messages that this process sends, on whatever netlink socket. */
export interface SentMessages {
  readonly all: number;
  /** `NEW_DEST` of IPVS among them. */
  readonly newRealServers: number;
}

/** Counts what is sent while something is done, below all that the program's own code could say. */
export async function countMessages(run: () => Promise<unknown>): Promise<SentMessages> {
  const family = await ipvsFamily();
  let all = 0;
  let newRealServers = 0;
  const { prototype } = RawNetlinkSocket;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the socket below
  const send = prototype.send;
  prototype.send = function (this: RawNetlinkSocket, ...args: Parameters<typeof send>) {
    const [data] = args;
    for (const { type, payload } of [data]
      .flat()
      .flatMap((part) => readMessages(Buffer.from(part)))) {
      all += 1;
      if (type === family && payload[0] === command.newDestination) {
        newRealServers += 1;
      }
    }
    send.apply(this, args);
  };
  try {
    await run();
  } finally {
    prototype.send = send;
  }
  return { all, newRealServers };
}
