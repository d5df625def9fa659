import { AddressClient } from '../../../src/kernel/vip-link/client.ts';
import { writeAddressOperation } from '../../../src/kernel/vip-link/messages.ts';
import { SetClient } from '../../../src/kernel/ipset/client.ts';
import { writeSetOperation } from '../../../src/kernel/ipset/encode.ts';
import { writeOperation } from '../../../src/kernel/ipvs/encode.ts';
import type { Operation } from '../../../src/kernel/ipvs/model.ts';
import { ipFamilies } from '../../../src/kernel/ip-families.ts';
import { allSets } from '../../../src/kernel/packet-filter/iptables/sets.ts';
import { netlinkProtocol, type NetlinkProtocol } from '../../../src/kernel/netlink/protocol.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { readOperations, type Operations } from './input.ts';
import { ipvsFamily } from './ipvs-family.ts';
import { BareSocket, encode } from './send-beforehand.ts';

/**
 * The least that any program on this socket could take: the same messages, encoded beforehand,
 * sent one datagram behind the other, and the last answer awaited.
 */
export async function floor({ folder }: ProbeInput): Promise<Reading> {
  const { virtualServers } = await readOperations(folder);
  const datagrams = encodeOperations(virtualServers, await ipvsFamily());
  return { ms: await sendAll(netlinkProtocol.generic, datagrams) };
}

/** The same for everything: set entries, virtual and real servers, addresses, in that order. */
export async function floorOfEverything({ folder }: ProbeInput): Promise<Reading> {
  const operations = await readOperations(folder);
  const { sets, ipvs, addresses } = await encodeAll(operations);
  const setsMs = await sendAll(netlinkProtocol.netfilter, sets);
  const ipvsMs = await sendAll(netlinkProtocol.generic, ipvs);
  const addressesMs = await sendAll(netlinkProtocol.route, addresses);
  return {
    ms: setsMs + ipvsMs + addressesMs,
    'set entries': setsMs,
    'virtual and real servers': ipvsMs,
    addresses: addressesMs,
  };
}

/** Makes the sets and the link, which are no part of what is timed. */
async function encodeAll({ entries, virtualServers, addresses }: Operations) {
  await makeSets();
  const linkIndex = await makeLink();
  return {
    sets: encode(entries, writeSetOperation),
    ipvs: encodeOperations(virtualServers, await ipvsFamily()),
    addresses: encode(addresses, (writer, sequence, operation) => {
      writeAddressOperation(writer, sequence, linkIndex, operation);
    }),
  };
}

/** The link that holds the VIPs; its index. */
export async function makeLink(): Promise<number> {
  const client = new AddressClient();
  try {
    return (await client.ensureVipLink()).index;
  } finally {
    client.close();
  }
}

async function makeSets(): Promise<void> {
  const client = new SetClient();
  try {
    for (const set of allSets(ipFamilies())) {
      await client.ensureSet(set);
    }
  } finally {
    client.close();
  }
}

export function encodeOperations(operations: readonly Operation[], family: number): Buffer[] {
  return encode(operations, (writer, sequence, operation) => {
    writeOperation(writer, family, sequence, operation);
  });
}

export async function sendAll(
  protocol: NetlinkProtocol,
  datagrams: readonly Buffer[],
): Promise<number> {
  const socket = new BareSocket(protocol);
  try {
    return await socket.send(datagrams);
  } finally {
    socket.close();
  }
}
