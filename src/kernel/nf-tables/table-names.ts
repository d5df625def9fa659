import { AttributeTable } from '../netlink/attribute-table.ts';
import { NetlinkConnection } from '../netlink/connection.ts';
import { beginNetfilterMessage, netfilterHeaderLength } from '../netlink/netfilter-message.ts';
import { messageFlag, netlinkProtocol } from '../netlink/protocol.ts';
import { kernelTransport, type OpenTransport } from '../netlink/transport.ts';
import { anyFamily, familyOf, type NftFamily } from './family.ts';
import { nftMessage, nftSubsystem, tableAttribute } from './protocol.ts';

export type { NftFamily } from './family.ts';

/** A table of nftables; their chains and rules are not read. */
export interface NftTable {
  /** As `nft` calls it; undefined for one that it has a number for alone. */
  readonly family: NftFamily | undefined;
  readonly name: string;
}

const attributes = new AttributeTable(tableAttribute.name);

/**
 * All tables of this network namespace. To be asked where nf_tables is there only: the kernel loads it
 * when it is asked. Throws NetlinkError.
 */
export async function nftTables(
  open: OpenTransport = kernelTransport(netlinkProtocol.netfilter),
): Promise<readonly NftTable[]> {
  const connection = new NetlinkConnection(open);
  try {
    return await connection.dump((writer, sequence) => {
      const message = { subsystem: nftSubsystem, command: nftMessage.getTable };
      beginNetfilterMessage(writer, sequence, message, messageFlag.dump, anyFamily);
      writer.endMessage();
    }, readTable);
  } finally {
    connection.close();
  }
}

function readTable(payload: Buffer): NftTable {
  attributes.read(payload, netfilterHeaderLength, payload.length);
  return { family: familyOf(payload), name: attributes.text(tableAttribute.name) };
}
