import type { PacketFilterKind } from '../../src/kernel/packet-filter/packet-filter.ts';
import { ip6tables, iptables } from './iptables-variant.ts';

/**
 * The packet filter that the program takes in this kernel where nobody has rules: the one that the
 * environment names; or by `auto` nftables, but for User Mode Linux, which has no NAT for nf_tables.
 */
export const packetFilter: PacketFilterKind = packetFilterOf(
  process.env['KUBE_IPVS_PACKET_FILTER'],
  process.env['KUBE_IPVS_IN_TEST_KERNEL'],
);

function packetFilterOf(named: string | undefined, kernel: string | undefined): PacketFilterKind {
  if (named === 'nftables' || named === 'iptables') {
    return named;
  }
  return kernel === 'uml' ? 'iptables' : 'nftables';
}

/** The name of our table, as words of `nft`. */
export const nftTable = 'inet kube-ipvs';

/**
 * Lines of a shell that print what of a packet filter there is, ours and others': rules of iptables, sets
 * of ipset, our table. Each begins with a line `==`. A kernel or a machine may lack any of them.
 */
export const printFilters = `
  echo ==; ${iptables}-save 2>/dev/null || true
  echo ==; ${ip6tables}-save 2>/dev/null || true
  echo ==; ipset save 2>/dev/null || true
  echo ==; nft -j list table ${nftTable} 2>/dev/null || true`;

/** Whether a state has anything of a packet filter of ours in it. */
export function hasFilter(kind: PacketFilterKind, state: string): boolean {
  return ofFilter[kind].test(state);
}

const ofFilter = { iptables: /KIPVS-(?!LIKE)|kube-ipvs-\S+-[46]/, nftables: /^nft /m } as const;

/** The state of our table from what `nft -j` prints: a line for each chain, rule, set and element. */
export function tableLines(json: string): readonly string[] {
  if (json.trim() === '') {
    return [];
  }
  // The form of libnftables-json(5).
  const { nftables } = JSON.parse(json) as { readonly nftables: readonly NftObject[] };
  return nftables.flatMap(({ metainfo, table, chain, rule, set, map }) => {
    const elements = set ?? map;
    if (elements !== undefined) {
      const { elem = [], handle: _, ...header } = elements;
      const name = String(header['name']);
      return [
        `nft set ${JSON.stringify(header)}`,
        ...elem.map((element) => `nft element ${name} ${JSON.stringify(element)}`).toSorted(),
      ];
    }
    if (metainfo !== undefined) {
      return [];
    }
    // Whether somebody owns the table is no matter of what it does.
    const { handle: _, flags: _flags, ...others } = table ?? chain ?? rule ?? {};
    return [`nft ${JSON.stringify(others)}`];
  });
}

interface NftObject {
  readonly metainfo?: unknown;
  readonly table?: Described;
  readonly chain?: Described;
  readonly rule?: Described;
  readonly set?: DescribedSet;
  readonly map?: DescribedSet;
}

interface Described {
  readonly handle?: number;
  readonly [field: string]: unknown;
}

interface DescribedSet extends Described {
  readonly elem?: readonly unknown[];
}

/** The line of a shell that prints the front ends of a role, whichever packet filter holds them. */
export function printFrontEnds(role: 'external' | 'local'): string {
  return packetFilter === 'iptables'
    ? ['4', '6'].map((number) => `ipset list kube-ipvs-${role}-${number}`).join('; ')
    : ['4', '6']
        .map(
          (number) =>
            `nft list map ${nftTable} sources-${number} | tr , '\\n' | grep '${sourceOf[role]}' || true`,
        )
        .join('; ');
}

/** Whose source the real server sees, by the verdict of the map. */
const sourceOf = { external: 'goto masqueraded', local: 'goto own-source' } as const;

/** Whether what `printFrontEnds` printed has an SCTP front end at this VIP. */
export function hasSctpFrontEnd(printed: string, vip: string): boolean {
  return printed.includes(packetFilter === 'iptables' ? `${vip},sctp:` : `${vip} . sctp . `);
}
