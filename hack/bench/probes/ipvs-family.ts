import { familyName } from '../../../src/kernel/ipvs/protocol.ts';
import { NetlinkConnection } from '../../../src/kernel/netlink/connection.ts';
import { resolveFamily } from '../../../src/kernel/netlink/generic-family.ts';
import { netlinkProtocol } from '../../../src/kernel/netlink/protocol.ts';
import { kernelTransport } from '../../../src/kernel/netlink/transport.ts';

/** The number of the IPVS family in this kernel. */
export async function ipvsFamily(): Promise<number> {
  const connection = new NetlinkConnection(kernelTransport(netlinkProtocol.generic));
  try {
    return await resolveFamily(connection, familyName);
  } finally {
    connection.close();
  }
}
