import { formatVirtualServer } from '../ipvs/model.ts';
import { withNftClient } from '../nf-tables/with-client.ts';
import { Iptables, iptablesVariants } from '../packet-filter/iptables/iptables.ts';
import { savedBy } from '../packet-filter/iptables/saved-by.ts';
import type { KubeProxyKernel } from './kube-proxy-kernel.ts';
import { kubeProxySets } from './kube-proxy-names.ts';
import {
  deleteKubeProxyTables,
  readKubeProxyTables,
  type KubeProxyTable,
} from './kube-proxy-tables.ts';
import type { Leftovers } from './leftovers.ts';
import { readLeftovers } from './read-leftovers.ts';
import { kubeProxyRemoval, kubeProxyRemovalText, type TableRemoval } from './rules-removal.ts';
import { unbindAndDelete } from './unbind-and-delete.ts';

/** What is to go of the rules of one program. */
interface RulesFound {
  readonly iptables: Iptables;
  readonly tables: readonly TableRemoval[];
}

/** All that kube-proxy has left in the kernel, in whichever mode. */
export interface KubeProxyFound {
  readonly rules: readonly RulesFound[];
  readonly nftTables: readonly KubeProxyTable[];
  readonly sets: readonly string[];
  readonly ipvs: Leftovers;
}

/** Finds what kube-proxy has left; changes nothing. Rejects with NetlinkError or IptablesError. */
export async function findKubeProxy(kernel: KubeProxyKernel): Promise<KubeProxyFound> {
  const names = await kernel.sets.names();
  return {
    rules: await findRules(kernel),
    nftTables: await readKubeProxyTables(),
    sets: kernel.families.flatMap(kubeProxySets).filter((name) => names.has(name)),
    ipvs: await readLeftovers(kernel),
  };
}

/** Each thing that was found, as what is done to it: `delete chain KUBE-SERVICES of table nat`. Pure. */
export function describeFound({ rules, nftTables, sets, ipvs }: KubeProxyFound): readonly string[] {
  return [
    ...rules.flatMap(({ iptables, tables }) =>
      tables.flatMap((removal) => describeTable(iptables.program, removal)),
    ),
    ...nftTables.map(({ family, name }) => `delete table ${family} ${name} (nftables)`),
    ...ipvs.boundAddresses.map((address) => `unbind address ${address.hostPrefix}`),
    ...ipvs.virtualServers.map((id) => `delete virtual server ${formatVirtualServer(id)}`),
    ...sets.map((name) => `destroy set ${name}`),
  ];
}

/**
 * Removes what was found: rules first, each table in one transaction, so that no filter turns packets away
 * and no old rule leads them to endpoints; then the addresses and virtual servers that nobody took over, then
 * the sets, which say what is to go and so go last. Rejects with the first error of a step; what stays is
 * found again.
 */
export async function removeKubeProxy(
  kernel: KubeProxyKernel,
  found: KubeProxyFound,
): Promise<void> {
  for (const { iptables, tables } of found.rules) {
    await iptables.restore(kubeProxyRemovalText(tables));
  }
  await withNftClient((client) => deleteKubeProxyTables(client, found.nftTables));
  await unbindAndDelete(kernel, found.ipvs);
  for (const name of found.sets) {
    await kernel.sets.destroySet(name);
  }
}

async function findRules({ families, run }: KubeProxyKernel): Promise<readonly RulesFound[]> {
  const found: RulesFound[] = [];
  for (const family of families) {
    for (const variant of iptablesVariants) {
      const iptables = new Iptables(family, variant, run);
      const tables = kubeProxyRemoval(await savedBy(iptables));
      if (tables.length > 0) {
        found.push({ iptables, tables });
      }
    }
  }
  return found;
}

function describeTable(
  program: string,
  { table, chains, emptied, rules }: TableRemoval,
): readonly string[] {
  const place = `table ${table} (${program})`;
  return [
    ...rules.map((rule) => `delete rule ${rule} of ${place}`),
    ...chains.map((chain) => `delete chain ${chain} of ${place}`),
    ...emptied.map((chain) => `empty chain ${chain} of ${place}, which rules of others lead to`),
  ];
}
