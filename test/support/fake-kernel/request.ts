import type { ReceivedMessage } from '../../../src/kernel/netlink/message-reader.ts';

/** A message that was understood, and what it does. */
export interface Request {
  /** What it concerns: `TCP 10.96.0.1:80`, `10.96.0.1`, `kube-ipvs-vip-4 10.96.0.1`. */
  readonly object: string;
  /** A change in the words of operators, or the name of what is asked for: `virtual servers`. */
  readonly words: string;
  readonly kind: 'change' | 'question' | 'dump';
  /** The type of the messages of the answer. */
  readonly answerType?: number;
  /** Does it: the payloads of the answer, none for a change. Throws Refusal. */
  perform(): readonly Buffer[] | undefined;
}

/** A part of the kernel that takes messages. Throws Refusal for one that it does not understand. */
export type Subsystem = (message: ReceivedMessage) => Request;

/** NLM_F_* of a request. */
export const flag = {
  request: 0x1,
  ack: 0x4,
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
} as const;

export function isDump({ flags }: ReceivedMessage): boolean {
  return (flags & flag.dump) === flag.dump;
}

/** A request that changes an object. */
export function change(object: string, words: string, work: () => void): Request {
  return {
    object,
    words,
    kind: 'change',
    perform: () => {
      work();
      return undefined;
    },
  };
}
