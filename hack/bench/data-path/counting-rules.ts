/**
 * Text of iptables-save with rules that count and do nothing else: one before each rule, for the
 * packets that are compared with it, and one for each look into a set, with all that is matched
 * before that look. So the kernel itself counts what a packet passes. Pure.
 */
export function withCountingRules(saved: string): string {
  return saved
    .split('\n')
    .flatMap((line) => [...countersBefore(line), line])
    .join('\n');
}

/** What the counting rules have counted. */
export interface Counts {
  /** Rules that packets were compared with. */
  readonly rules: number;
  /** Looks into sets. */
  readonly lookUps: number;
}

export interface PacketCounts {
  /** Of the packets that open a connection. */
  readonly first: Counts;
  /** Of all packets. */
  readonly all: Counts;
}

/** Adds up the counters in text of iptables-save -c. Pure. */
export function readCounts(saved: string): PacketCounts {
  const total = (mark: Mark): number =>
    saved
      .split('\n')
      .filter((line) => line.includes(`--comment ${mark} `))
      .reduce((sum, line) => sum + Number(/^\[(\d+):/.exec(line)?.[1] ?? 0), 0);
  return {
    first: { rules: total(marks.first.rule), lookUps: total(marks.first.lookUp) },
    all: { rules: total(marks.all.rule), lookUps: total(marks.all.lookUp) },
  };
}

export function minus(after: PacketCounts, before: PacketCounts): PacketCounts {
  return {
    first: minusCounts(after.first, before.first),
    all: minusCounts(after.all, before.all),
  };
}

export function minusCounts(a: Counts, b: Counts): Counts {
  return { rules: a.rules - b.rules, lookUps: a.lookUps - b.lookUps };
}

/** The comments of counting rules. */
export const marks = {
  first: { rule: 'count-first-rule', lookUp: 'count-first-look-up' },
  all: { rule: 'count-rule', lookUp: 'count-look-up' },
} as const;

type Mark = (typeof marks)[keyof typeof marks]['rule' | 'lookUp'];

const newConnections = '-m conntrack --ctstate NEW';

function countersBefore(line: string): string[] {
  const rule = /^(?:\[\d+:\d+\] )?-A (\S+) ?(.*)$/.exec(line);
  if (rule === null) {
    return [];
  }
  const [, chain = '', rest = ''] = rule;
  const counter = (match: string, mark: Mark): string =>
    ['-A', chain, match, `-m comment --comment ${mark}`, '-m comment --comment counter']
      .filter((word) => word !== '')
      .join(' ');
  const both = (match: string, kind: 'rule' | 'lookUp'): string[] => [
    counter(match, marks.all[kind]),
    counter(`${match} ${newConnections}`.trim(), marks.first[kind]),
  ];
  return [
    ...both('', 'rule'),
    ...matchesBeforeLookUps(rest).flatMap((match) => both(match, 'lookUp')),
  ];
}

/** For each look into a set, what of the rule is matched before it, from left to right. */
function matchesBeforeLookUps(rule: string): string[] {
  const matches = rule.replace(/(?:^| )-[jg] .*$/, '').split(/(?:^| )(?=-m )/);
  return matches.flatMap((match, index) =>
    match.startsWith('-m set ') ? [matches.slice(0, index).join(' ').trim()] : [],
  );
}
