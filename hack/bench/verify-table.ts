import { lines, requireSameLines } from './same-lines.ts';
import type { NetworkNamespace } from './network-namespace.ts';
import type { ProbeName } from './probe-names.ts';
import { restoreText, vips, type ClusterSize } from './synthetic-cluster.ts';

const fillsTable: readonly ProbeName[] = [
  'ipvsadm',
  'floor',
  'client',
  'reconciler',
  'reconciler in parts',
];
const fillsEverything: readonly ProbeName[] = [
  'floor of everything',
  'everything',
  'everything in parts',
  'everything with nftables',
  'program',
  'program twice',
];

/**
 * Throws unless the kernel holds exactly the table of the cluster, as ipvsadm shows it, and where
 * the probe fills everything, `kube-ipvs0` exactly its VIPs and the sets exactly their entries.
 */
export async function verifyTable(
  namespace: NetworkNamespace,
  probe: ProbeName,
  size: ClusterSize,
): Promise<void> {
  if (fillsTable.includes(probe) || fillsEverything.includes(probe)) {
    const shown = await namespace.run('ipvsadm', ['-Sn']);
    requireSameLines(`${probe}: the table`, lines(shown), lines(restoreText(size)));
  }
  if (fillsEverything.includes(probe)) {
    const bound = await namespace.run('ip', ['-o', '-4', 'address', 'show', 'dev', 'kube-ipvs0']);
    const addresses = lines(bound).map((line) => /inet (\S+)/.exec(line)?.[1] ?? line);
    const expected = vips(size).map((vip) => `${vip}/32`);
    requireSameLines(`${probe}: the addresses`, addresses, expected);
    await verifyEntries(namespace, probe, size);
  }
}

/** The sets of whichever packet filter the program has chosen. */
async function verifyEntries(
  namespace: NetworkNamespace,
  probe: ProbeName,
  size: ClusterSize,
): Promise<void> {
  const entries = lines(await namespace.run('ipset', ['save'])).filter((line) =>
    line.startsWith('add '),
  );
  if (entries.length > 0) {
    requireSameLines(`${probe}: the sets`, entries, setEntries(size));
    return;
  }
  const map = ['-nn', 'list', 'map', 'inet', 'kube-ipvs', 'front-ends-4'];
  const shown = await namespace.run('nft', map);
  const frontEnds = [...shown.matchAll(/([\d.]+) \. (?:tcp|6) \. (\d+) : accept/g)];
  requireSameLines(
    `${probe}: the front ends`,
    frontEnds.map(([, address, port]) => `${address}:${port}`),
    vips(size).map((vip) => `${vip}:80`),
  );
}

/** In the words of `ipset save`: each cluster IP is a VIP, and a front end with its port. */
function setEntries(size: ClusterSize): string[] {
  return vips(size).flatMap((vip) => [
    `add kube-ipvs-vip-4 ${vip}`,
    `add kube-ipvs-cluster-4 ${vip},tcp:80`,
  ]);
}
