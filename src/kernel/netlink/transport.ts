import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import type { NetlinkProtocol } from './protocol.ts';

/** A datagram socket to the kernel. The real one is below; tests bring faults of their own. */
export interface NetlinkTransport {
  /** The bytes must not change until the answer has come. */
  send(datagram: Buffer): void;
  /** Whether what is handed over now would be sent later; never where it is missing. */
  isBusy?(): boolean;
  /** How many errors fit the receive buffer, with room to spare; not known where it is missing. */
  readonly mostErrors?: number;
  close(): void;
}

export interface TransportEvents {
  /** With long answers the datagram is valid until this returns. */
  message(datagram: Buffer): void;
  /** `code` is the errno's name: ENOBUFS where the receive buffer ran over. */
  error(code: string): void;
}

/** Whether a socket is for lists of everything. */
export type AnswerSize = 'short' | 'long';

export type OpenTransport = (events: TransportEvents, answers: AnswerSize) => NetlinkTransport;

/**
 * Large enough for the errors of a whole datagram of our own; the kernel cuts it to
 * net.core.rmem_max (208 kB by default, doubled for its own bookkeeping).
 */
const receiveBufferBytes = 4 << 20;
const sendBufferBytes = 1 << 20;

/**
 * What the kernel counts for one error in the receive buffer: 768 bytes, and some more. 550 were seen
 * to fit a buffer of 416 kB, 570 not; what does not fit is lost, and the binding aborts the process.
 */
const errorBytes = 1024;

/**
 * The kernel makes the datagrams of a list as large as the buffer they are read into, up to 32 kB
 * (max_recvmsg_len in net/netlink/af_netlink.c); for each it goes over the table from its start. The binding reads
 * 32 of them in one turn of the event loop: with 32 kB each, 1% of changes waited for 165 ms while 10,000 virtual
 * servers were read, with these for 61, and the reading takes 2% more.
 */
const listDatagramBytes = 8 << 10;

/** Opens netlink sockets of the node's network namespace. That throws an errno exception. */
export function kernelTransport(protocol: NetlinkProtocol): OpenTransport {
  return (events, answers) => openKernelTransport(protocol, events, answers);
}

function openKernelTransport(
  protocol: NetlinkProtocol,
  events: TransportEvents,
  answers: AnswerSize,
): NetlinkTransport {
  const socket = new RawNetlinkSocket(protocol, {
    recvBufferSize: receiveBufferBytes,
    sendBufferSize: sendBufferBytes,
    ...(answers === 'long' ? { messagePeeking: false, msgBufferSize: listDatagramBytes } : {}),
  });
  socket.on('message', (datagram) => {
    contain(() => {
      events.message(datagram);
      if (answers === 'long') {
        giveBack(datagram);
      }
    });
  });
  socket.on('truncatedMessage', () => {
    contain(() => {
      events.error('ENOBUFS');
    });
  });
  socket.on('error', (error) => {
    contain(() => {
      events.error(error.code);
    });
  });
  let unsent = 0;
  return {
    send(datagram) {
      unsent += 1;
      socket.send(datagram, undefined, (error) => {
        unsent -= 1;
        if (error !== undefined) {
          contain(() => {
            events.error(error.code);
          });
        }
      });
    },
    isBusy: () => unsent > 0,
    mostErrors: Math.floor(socket.getRecvBufferSize() / errorBytes),
    close() {
      try {
        socket.close();
      } catch {
        // The binding has closed it already, after an error of its own.
      }
    },
  };
}

/**
 * The binding takes new memory for each datagram, and a buffer holds it until it is collected: a list
 * would take megabytes, page by page. Given back at once, the same pages serve for the next one.
 */
function giveBack({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer) {
    buffer.transfer(0);
  }
}

/** The native binding aborts the process, without a stack, on what its callbacks throw. */
function contain(work: () => void): void {
  try {
    work();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
