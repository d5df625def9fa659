import type { NftClient, NftTable } from '../nf-tables/client.ts';
import type { NftFamily } from '../nf-tables/family.ts';
import { withNftClient } from '../nf-tables/with-client.ts';
import { withoutNfTables } from '../nf-tables/without-nf-tables.ts';
import { deleteTableMessage } from '../nf-tables/write-ruleset.ts';
import { NetlinkError } from '../netlink/netlink-error.ts';

/** A table of kube-proxy in nftables mode: it makes one for each family (pkg/proxy/nftables). */
export interface KubeProxyTable {
  readonly family: Extract<NftFamily, 'ip' | 'ip6'>;
  readonly name: typeof kubeProxyTableName;
}

const kubeProxyTableName = 'kube-proxy';

/** Which of these are kube-proxy's; a table of its name in another family is somebody else's. Pure. */
export function kubeProxyTablesOf(tables: readonly NftTable[]): readonly KubeProxyTable[] {
  return tables.flatMap(({ family, name }) =>
    name === kubeProxyTableName && (family === 'ip' || family === 'ip6')
      ? [{ family, name: kubeProxyTableName }]
      : [],
  );
}

/** Those that the kernel holds; none where it has no nf_tables. Rejects with NetlinkError. */
export async function readKubeProxyTables(): Promise<readonly KubeProxyTable[]> {
  try {
    return kubeProxyTablesOf(await withNftClient((client) => client.tables()));
  } catch (error) {
    if (error instanceof NetlinkError && withoutNfTables.has(error.code)) {
      return [];
    }
    throw error;
  }
}

/** Deletes them with all that is in them, in one transaction. Rejects with NetlinkError. */
export async function deleteKubeProxyTables(
  client: NftClient,
  tables: readonly KubeProxyTable[],
): Promise<void> {
  if (tables.length === 0) {
    return;
  }
  const outcome = await client.transact(
    tables.map(({ family, name }) => deleteTableMessage(name, family)),
  );
  if (outcome.kind === 'failed') {
    throw outcome.error;
  }
  const [failure] = outcome.kind === 'refused' ? outcome.failures.values() : [];
  if (failure !== undefined) {
    throw failure;
  }
}
