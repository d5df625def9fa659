import { swap16, swap32 } from '../netlink/byte-order.ts';
import { addressFamilyNumber, protocolNumber } from '../netlink/protocol.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { RealServer, VirtualServerId } from './model.ts';
import { forwardingMethods } from './protocol.ts';

/** Where the values stand in the messages that `writeOperation` writes, in words of 32 bits. */
export const place = {
  /** Of a virtual server with an address: in its own message, and in those of its real servers. */
  virtualServer: { family: 7, protocol: 9, address: 11, port: 16 },
  realServer: {
    family: 19,
    address: 21,
    port: 26,
    method: 28,
    weight: 30,
    upperThreshold: 32,
    lowerThreshold: 34,
  },
} as const;

/** How long the message of a real server is that is added or changed, in words of 32 bits. */
export const realServerMessageWords = 35;

/** Makes the message at a word one of another virtual server. */
export function changeIdentity(
  words: Uint32Array,
  at: number,
  id: Extract<VirtualServerId, { readonly kind: 'address' }>,
): void {
  const { family, protocol, address, port } = place.virtualServer;
  words[at + family] = addressFamilyNumber[id.address.family];
  words[at + protocol] = protocolNumber[id.protocol];
  changeAddress(words, at + address, id.address);
  words[at + port] = swap16(id.port);
}

/** Makes the message at a word one of another real server. */
export function changeRealServer(words: Uint32Array, at: number, realServer: RealServer): void {
  const { family, address, port, method, weight, upperThreshold, lowerThreshold } =
    place.realServer;
  words[at + family] = addressFamilyNumber[realServer.address.family];
  changeAddress(words, at + address, realServer.address);
  words[at + port] = swap16(realServer.port);
  words[at + method] = forwardingMethods.indexOf(realServer.method);
  words[at + weight] = realServer.weight;
  words[at + upperThreshold] = realServer.upperThreshold ?? 0;
  words[at + lowerThreshold] = realServer.lowerThreshold ?? 0;
}

function changeAddress(words: Uint32Array, at: number, address: IpAddress): void {
  words[at] = swap32(address.word0);
  if (address.family === 'IPv4') {
    words[at + 1] = 0;
    words[at + 2] = 0;
    words[at + 3] = 0;
  } else {
    words[at + 1] = swap32(address.word1);
    words[at + 2] = swap32(address.word2);
    words[at + 3] = swap32(address.word3);
  }
}
