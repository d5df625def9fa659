import { familyName } from '../../../src/ipvs/protocol.ts';
import { NetlinkConnection } from '../../../src/netlink/connection.ts';
import { resolveFamily } from '../../../src/netlink/generic-family.ts';
import { netlinkProtocol } from '../../../src/netlink/protocol.ts';
import { kernelTransport } from '../../../src/netlink/transport.ts';

/** The number of the IPVS family in this kernel. */
export async function ipvsFamily(): Promise<number> {
  const connection = new NetlinkConnection(kernelTransport(netlinkProtocol.generic));
  try {
    return await resolveFamily(connection, familyName);
  } finally {
    connection.close();
  }
}
