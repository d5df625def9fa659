import { lines, requireSameLines } from './same-lines.ts';
import type { NetworkNamespace } from './network-namespace.ts';
import { restoreText, vips, type ClusterSize } from './synthetic-cluster.ts';
import type { VariantName } from './variant-names.ts';

const bindsAddresses: readonly VariantName[] = ['everything', 'program'];

/**
 * Raises unless the kernel holds exactly the table of the cluster, as ipvsadm shows it, and
 * `kube-ipvs0` exactly its VIPs where the variant binds them.
 */
export async function verifyTable(
  namespace: NetworkNamespace,
  variant: VariantName,
  size: ClusterSize,
): Promise<void> {
  const shown = await namespace.run('ipvsadm', ['-Sn']);
  requireSameLines(`${variant}: the table`, lines(shown), lines(restoreText(size)));
  if (bindsAddresses.includes(variant)) {
    const bound = await namespace.run('ip', ['-o', '-4', 'address', 'show', 'dev', 'kube-ipvs0']);
    const addresses = lines(bound).map((line) => /inet (\S+)/.exec(line)?.[1] ?? line);
    const expected = vips(size).map((vip) => `${vip}/32`);
    requireSameLines(`${variant}: the addresses`, addresses, expected);
  }
}
