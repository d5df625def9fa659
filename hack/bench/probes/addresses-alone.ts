import { writeAddressOperation } from '../../../src/kernel/vip-link/messages.ts';
import { IpAddress } from '../../../src/net/ip-address.ts';
import { netlinkProtocol } from '../../../src/kernel/netlink/protocol.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { vips } from '../synthetic-cluster.ts';
import { makeLink, sendAll } from './floor.ts';
import { encode } from './send-beforehand.ts';

/** Addresses on one link, encoded beforehand: what they cost the kernel as their number grows. */
export async function addressesAlone(input: ProbeInput): Promise<Reading> {
  const linkIndex = await makeLink();
  const datagrams = encode(vips(input), (writer, sequence, vip) => {
    const address = IpAddress.parse(vip);
    if (address === undefined) {
      throw new Error(`no address: ${vip}`);
    }
    writeAddressOperation(writer, sequence, linkIndex, { kind: 'bind', address });
  });
  return { ms: await sendAll(netlinkProtocol.route, datagrams) };
}
