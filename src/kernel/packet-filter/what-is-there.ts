import type { IpFamily } from '../../net/ip-address.ts';
import { SetClient } from '../ipset/client.ts';
import { withNftClient } from '../nf-tables/with-client.ts';
import { chainsOfAllVersions } from './iptables/chains.ts';
import type { RunProgram } from './iptables/iptables.ts';
import { legacyRules } from './iptables/legacy-rules.ts';
import { allSets, spareOf } from './iptables/sets.ts';
import { tableName } from './nftables/rules.ts';
import type { PacketFilterKind } from './packet-filter.ts';

/** What the kernel holds of packet filters of ours. */
export interface PacketFilterRemains {
  /** The table of nftables; `inet kube-ipvs`. */
  readonly table: string | undefined;
  /** The programs of iptables with chains of ours in their tables: `ip6tables-nft`. */
  readonly chainsOf: readonly string[];
  readonly sets: readonly string[];
}

/** Whether the kernel holds anything of a packet filter of ours. Asks over netlink alone; never rejects. */
export async function isThere(
  kind: PacketFilterKind,
  families: readonly IpFamily[],
): Promise<boolean> {
  if (kind === 'nftables') {
    const header = await withNftClient((client) => client.table(tableName)).catch(() => undefined);
    return header !== undefined;
  }
  return (await ourSets(families)).length > 0;
}

/**
 * All of it. A program is started only where the legacy variant of iptables has tables. Never rejects: what
 * cannot be read is not there.
 */
export async function whatIsThere(
  families: readonly IpFamily[],
  run?: RunProgram,
): Promise<PacketFilterRemains> {
  return {
    table: (await isThere('nftables', families)) ? `inet ${tableName}` : undefined,
    chainsOf: [...(await ofNftVariant()), ...(await ofLegacyVariant(families, run))],
    sets: await ourSets(families),
  };
}

async function ourSets(families: readonly IpFamily[]): Promise<readonly string[]> {
  const client = new SetClient();
  try {
    const names = await client.names();
    return allSets(families)
      .flatMap((set) => [set.name, spareOf(set).name])
      .filter((name) => names.has(name));
  } catch {
    return [];
  } finally {
    client.close();
  }
}

/** What iptables-nft has made are tables of nf_tables like any others. */
async function ofNftVariant(): Promise<readonly string[]> {
  const chains = await withNftClient((client) => client.chains()).catch(() => []);
  const ours = chains.filter(({ name }) => chainsOfAllVersions.has(name));
  return [
    ...(ours.some(({ family }) => family === 'ip') ? ['iptables-nft'] : []),
    ...(ours.some(({ family }) => family === 'ip6') ? ['ip6tables-nft'] : []),
  ];
}

async function ofLegacyVariant(
  families: readonly IpFamily[],
  run: RunProgram | undefined,
): Promise<readonly string[]> {
  const holdsOurs = (rules: string): boolean =>
    Array.from(rules.matchAll(/^:(\S+) /gm)).some(([, name = '']) => chainsOfAllVersions.has(name));
  return (await legacyRules(families, run))
    .filter(({ rules }) => holdsOurs(rules))
    .map(({ program }) => program);
}
