import type { IpFamily } from '../../net/ip-address.ts';
import { SetClient } from '../ipset/client.ts';
import { unlessAbsent } from '../netlink/netlink-error.ts';
import type { OpenTransport } from '../netlink/transport.ts';
import { withNftClient } from '../nf-tables/with-client.ts';
import { chainsOfAllVersions } from './iptables/chains.ts';
import type { RunProgram } from './iptables/iptables.ts';
import { legacyRules } from './iptables/legacy-rules.ts';
import { allSets, withSpares } from './iptables/sets.ts';
import { withoutIpset } from './iptables/without-ipset.ts';
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

/**
 * Whether the kernel holds anything of a packet filter of ours. Asks over netlink alone. Rejects with NetlinkError
 * where that is not known.
 */
export async function isThere(
  kind: PacketFilterKind,
  families: readonly IpFamily[],
  open?: OpenTransport,
): Promise<boolean> {
  if (kind === 'nftables') {
    const header = await withNftClient((client) => client.table(tableName), open);
    return header !== undefined;
  }
  return (await ourSets(families, open)).length > 0;
}

/**
 * All of it. A program is started only where the legacy variant of iptables has tables. Never rejects: what
 * cannot be read is not there.
 */
export async function whatIsThere(
  families: readonly IpFamily[],
  run?: RunProgram,
): Promise<PacketFilterRemains> {
  const hasTable = await isThere('nftables', families).catch(() => false);
  return {
    table: hasTable ? `inet ${tableName}` : undefined,
    chainsOf: [...(await ofNftVariant()), ...(await ofLegacyVariant(families, run))],
    sets: await ourSets(families).catch(() => []),
  };
}

/** Rejects with NetlinkError. */
async function ourSets(
  families: readonly IpFamily[],
  open?: OpenTransport,
): Promise<readonly string[]> {
  const client = new SetClient({}, open);
  try {
    const names = (await unlessAbsent(client.names(), withoutIpset)) ?? new Set();
    return withSpares(allSets(families))
      .map(({ name }) => name)
      .filter((name) => names.has(name));
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
