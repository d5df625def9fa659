import { marks, type Counts, type PacketCounts } from './counting-rules.ts';

/** The table that only counts. */
export const countingTable = 'kube-ipvs-counted';

/**
 * The table of `nft list table` as another one that counts what TCP passes: before each rule stand rules for the packets that are
 * compared with it, and for each look into a set, with all that is matched before that look. It sees packets before
 * the first one does, and decides alike. Pure.
 */
export function countingCopy(listed: string): string {
  const { lines } = listed.split('\n').reduce<{ lines: string[]; inChain: boolean }>(
    ({ lines: done, inChain }, line) => {
      const isRule = inChain && !/^\s*(\}|type |comment |$)/.test(line);
      return {
        lines: [...done, ...(isRule ? countersBefore(line.trim()) : []), line],
        inChain: line.trim() === '}' ? false : inChain || /^\s*chain /.test(line),
      };
    },
    { lines: [], inChain: false },
  );
  return (
    lines
      .filter((line) => !/^\s*(flags (owner|persist)|comment )/.test(line))
      .join('\n')
      .replace(/^table inet \S+ \{.*$/m, `table inet ${countingTable} {`)
      // nft prints the port of a connection as part of a key, but reads it only where it knows the protocol.
      .replace(/^\s*((?!typeof).*ct original proto-dst)/gm, 'meta l4proto tcp $1')
      .replace(/priority dstnat;/g, 'priority dstnat - 1;')
      .replace(/priority -100;/g, 'priority -101;')
      .replace(/priority srcnat;/g, 'priority srcnat - 1;')
  );
}

/**
 * The table of `nft list table` where no Service has port ranges or source ranges: no packet gets past the look for
 * an address or a front end that has some. Linux 6.12 does not take from nft 1.0 what comes behind it. Pure.
 */
export function withoutRanges(listed: string): string {
  return listed.replace(/(@(?:range-vips|guarded)-[46]) .*$/gm, '$1 counter');
}

/** Adds up the counters of that table. Pure. */
export function readNftablesCounts(listed: string): PacketCounts {
  const total = (mark: string): number =>
    [...listed.matchAll(/counter packets (\d+) bytes \d+ comment "([^"]+)"/g)]
      .filter(([, , comment]) => comment === mark)
      .reduce((sum, [, packets]) => sum + Number(packets), 0);
  const counts = ({ rule, lookUp }: { rule: string; lookUp: string }): Counts => ({
    rules: total(rule),
    lookUps: total(lookUp),
  });
  return { first: counts(marks.first), all: counts(marks.all) };
}

/** One word of a key, as nft writes it, and one look into a set or map, for a verdict or for a mark. */
const word = String.raw`(?:(?:ip6?|th|tcp|udp) \w+|meta \w+|ct original (?:ip6? )?[\w-]+|iifname)`;
const look = new RegExp(
  String.raw`(?:meta mark set )?${word}(?: \. ${word})* (?:!= |vmap |map )?@`,
  'g',
);

function countersBefore(rule: string): string[] {
  const both = (match: string, kind: 'rule' | 'lookUp'): string[] => [
    `${match} counter comment "${marks.all[kind]}"`.trim(),
    `${match} ct state new counter comment "${marks.first[kind]}"`.trim(),
  ];
  const lookUps = [...rule.matchAll(look)];
  if (lookUps.length !== rule.split('@').length - 1) {
    throw new Error(`not all looks into sets are known in: ${rule}`);
  }
  return [
    ...both('', 'rule'),
    ...lookUps.flatMap(({ 0: key, index }) =>
      both(`${familyMatch(key)} ${rule.slice(0, index)}`.trim(), 'lookUp'),
    ),
  ];
}

/** A rule looks at the family first where it looks at addresses; nft does not show that. */
function familyMatch(key: string): string {
  const [, six] = /\bip(6)? /.exec(key) ?? [];
  return key.includes('addr') ? `meta nfproto ipv${six ?? '4'}` : '';
}
