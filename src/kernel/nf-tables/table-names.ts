import { AttributeTable } from '../netlink/attribute-table.ts';
import { NetlinkConnection } from '../netlink/connection.ts';
import { beginNetfilterMessage, netfilterHeaderLength } from '../netlink/netfilter-message.ts';
import { messageFlag, netlinkProtocol } from '../netlink/protocol.ts';
import { kernelTransport, type OpenTransport } from '../netlink/transport.ts';

/** A table of nftables; their chains and rules are not read. */
export interface NftTable {
  /** As `nft` calls it; undefined for one that it has a number for alone. */
  readonly family: NftFamily | undefined;
  readonly name: string;
}

export type NftFamily = 'inet' | 'ip' | 'arp' | 'netdev' | 'bridge' | 'ip6';

/** NFNL_SUBSYS_NFTABLES (linux/netfilter/nfnetlink.h). */
const subsystem = 10;
/** NFT_MSG_GETTABLE and NFTA_TABLE_NAME (linux/netfilter/nf_tables.h). */
const getTable = 1;
const tableName = 1;
const anyFamily = 0;

/** The numbers of NFPROTO (linux/netfilter.h). */
const families: ReadonlyMap<number, NftFamily> = new Map([
  [1, 'inet'],
  [2, 'ip'],
  [3, 'arp'],
  [5, 'netdev'],
  [7, 'bridge'],
  [10, 'ip6'],
]);

const attributes = new AttributeTable(tableName);

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
      const message = { subsystem, command: getTable };
      beginNetfilterMessage(writer, sequence, message, messageFlag.dump, anyFamily);
      writer.endMessage();
    }, readTable);
  } finally {
    connection.close();
  }
}

function readTable(payload: Buffer): NftTable {
  attributes.read(payload, netfilterHeaderLength, payload.length);
  return { family: families.get(payload.readUInt8(0)), name: attributes.text(tableName) };
}
