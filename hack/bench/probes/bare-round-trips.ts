import { switchesOfFlags } from '../../../src/kernel/ipvs/setting-flags.ts';
import type { Operation } from '../../../src/kernel/ipvs/model.ts';
import { writeOperation } from '../../../src/kernel/ipvs/encode.ts';
import { IpAddress } from '../../../src/net/ip-address.ts';
import { netlinkProtocol } from '../../../src/kernel/netlink/protocol.ts';
import { ipvsFamily } from './ipvs-family.ts';
import { BareSocket, encodeSingly } from './send-beforehand.ts';

const virtualServers = 100;
const roundTrips = 2000;

/**
 * Single messages of the kinds that a change sends (a real server comes, and its weight becomes 0
 * again), encoded beforehand, each answered before the next. They go to virtual servers without
 * our mark, which the controller leaves alone.
 */
export class BareRoundTrips {
  readonly #socket: BareSocket;
  readonly #datagrams: readonly Buffer[];
  #sent = 0;

  private constructor(socket: BareSocket, datagrams: readonly Buffer[]) {
    this.#socket = socket;
    this.#datagrams = datagrams;
  }

  static async open(): Promise<BareRoundTrips> {
    const socket = new BareSocket(netlinkProtocol.generic);
    const family = await ipvsFamily();
    const encodeAll = (operations: readonly Operation[]): Buffer[] =>
      encodeSingly(operations, (writer, sequence, operation) => {
        writeOperation(writer, family, sequence, operation);
      });
    const additions = Array.from({ length: virtualServers }, (_, number): Operation => ({
      kind: 'add virtual server',
      id: idOf(number),
      settings,
    }));
    for (const datagram of encodeAll(additions)) {
      await socket.send([datagram]);
    }
    const datagrams = encodeAll(Array.from({ length: roundTrips }, (_, step) => operationOf(step)));
    return new BareRoundTrips(socket, datagrams);
  }

  /** Milliseconds. */
  next(): Promise<number> {
    const datagram = this.#datagrams[this.#sent];
    if (datagram === undefined) {
      throw new RangeError(`there are ${roundTrips} round trips and no more`);
    }
    this.#sent += 1;
    return this.#socket.send([datagram]);
  }

  close(): void {
    this.#socket.close();
  }
}

const settings = {
  scheduler: 'rr',
  persistence: undefined,
  schedulerFlags: 0,
  ...switchesOfFlags(0),
} as const;

function operationOf(step: number): Operation {
  const number = Math.floor(step / 2);
  const realServer = {
    address: address(`198.18.${number >> 8}.${number & 255}`),
    port: 80,
    method: 'masq',
    weight: step % 2 === 0 ? 1 : 0,
    upperThreshold: 0,
    lowerThreshold: 0,
  } as const;
  return {
    kind: step % 2 === 0 ? 'add real server' : 'change real server',
    id: idOf(number % virtualServers),
    realServer,
  };
}

function idOf(number: number) {
  return {
    kind: 'address',
    protocol: 'TCP',
    address: address(`192.0.2.${number}`),
    port: 80,
  } as const;
}

function address(text: string): IpAddress {
  const parsed = IpAddress.parse(text);
  if (parsed === undefined) {
    throw new Error(`no address: ${text}`);
  }
  return parsed;
}
