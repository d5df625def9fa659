import type { TableText } from '../../../src/kernel/ipvs/read-table.ts';
import {
  readErrno,
  readMessages,
  type ReceivedMessage,
} from '../../../src/kernel/netlink/message-reader.ts';
import type { OpenTransport } from '../../../src/kernel/netlink/transport.ts';
import type { Protocol } from '../fake-kernel/fake-kernel.ts';
import { netlinkMessage } from '../fake-kernel/wire.ts';

/** The fake kernel or a real one, empty: with no virtual server, VIP link, set or flow of a test. */
export interface AnyKernel {
  open(protocol: Protocol): OpenTransport;
  openProcTable(): TableText;
  /** A flow of UDP from 10.244.0.9:40000 to 10.96.0.10:53 that a real server answers, or has yet to. */
  addFlow(server: string, unanswered?: boolean): Promise<void>;
  /** A rule of iptables that refers to a set; returns what deletes it. */
  addRule(set: string): Promise<() => Promise<void>>;
}

/** What is done with a kernel, and what has to come of it. */
export interface Scenario {
  readonly name: string;
  run(kernel: AnyKernel): Promise<unknown>;
  readonly expected: unknown;
}

/** A request whose bytes are written by hand. */
export interface RawRequest {
  readonly type: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/** NLM_F_* of a request. */
export const flags = { ack: 0x4, dump: 0x300, replace: 0x100, exclusive: 0x200, create: 0x400 };

/** Sends one request and returns the messages of the answer, with that which ends it. */
export function answerTo(
  open: OpenTransport,
  { type, flags: asked, payload }: RawRequest,
): Promise<ReceivedMessage[]> {
  return new Promise((resolve, reject) => {
    const answer: ReceivedMessage[] = [];
    const transport = open(
      {
        message: (datagram) => {
          answer.push(...readMessages(Buffer.from(datagram)));
          const isOver = (asked & flags.dump) === 0 || (answer.at(-1)?.type ?? 0) < 16;
          if (isOver) {
            transport.close();
            resolve(answer);
          }
        },
        error: (code) => {
          reject(new Error(code));
        },
      },
      'short',
    );
    transport.send(netlinkMessage(type, 1, payload, asked | 0x1));
  });
}

/** Asks one by one: 0 for done, an errno, or `N rows` of a list. */
export async function askAll(
  open: OpenTransport,
  requests: readonly RawRequest[],
): Promise<(number | string)[]> {
  const answers: (number | string)[] = [];
  for (const request of requests) {
    const messages = await answerTo(open, request);
    const last = messages.at(-1);
    const rows = messages.filter(({ type }) => type >= 16).length;
    answers.push(last?.type === 2 ? readErrno(last.payload) : `${rows} rows`);
  }
  return answers;
}
