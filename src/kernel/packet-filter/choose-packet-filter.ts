import type { PacketFilterKind } from './packet-filter.ts';

/** A chain of iptables whose policy turns packets away, such as INPUT of the table filter. */
export interface DroppingChain {
  readonly program: string;
  readonly chain: string;
}

/** What speaks for a packet filter or against it. */
export interface PacketFilterFacts {
  /** Why nf_tables of this kernel cannot have our table; undefined where it can. */
  readonly nftablesLacks: string | undefined;
  /** Chains that let nothing through to Services but by a rule of iptables. */
  readonly dropping: readonly DroppingChain[];
}

export interface PacketFilterChoice {
  readonly kind: PacketFilterKind;
  /** For the log, behind `packet filter nftables: `. */
  readonly why: string;
}

/**
 * Which packet filter to use where nobody said. nf_tables, where the kernel has what it takes; but no
 * rule of a table of its own lets a packet through that the policy of another one drops, as a rule
 * within iptables does. Pure.
 */
export function choosePacketFilter({
  nftablesLacks,
  dropping,
}: PacketFilterFacts): PacketFilterChoice {
  if (nftablesLacks !== undefined) {
    return { kind: 'iptables', why: nftablesLacks };
  }
  const [first] = dropping;
  return first === undefined
    ? { kind: 'nftables', why: 'the kernel has what it needs, and it is faster' }
    : {
        kind: 'iptables',
        why: `the policy of ${first.chain} in ${first.program} is DROP, and rules of iptables alone let packets of Services through there`,
      };
}
