import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';

const kinds = kindsOf({
  full: {
    severity: 'error',
    means:
      'The table of tracked connections is all but full: packets of new connections are dropped (`nf_conntrack: table full, dropping packet` in the kernel log). Raise the limit here, and conntrack.maxPerCore or conntrack.min in the configuration, so that it lasts.',
    mend: 'sysctl -w net.netfilter.nf_conntrack_max=VALUE',
  },
  filling: {
    severity: 'warning',
    means:
      'The table of tracked connections fills up. Where it is full, packets of new connections are dropped. Raise the limit here, and conntrack.maxPerCore or conntrack.min in the configuration, so that it lasts.',
    mend: 'sysctl -w net.netfilter.nf_conntrack_max=VALUE',
  },
  dropped: {
    severity: 'note',
    means:
      'Since the start of the node connections were dropped, or ended early for the sake of new ones, because the table was full. The limit is too low for the peaks of this node.',
    mend: 'conntrack -S',
  },
});

interface Seen {
  readonly count: number | undefined;
  readonly max: number | undefined;
  /** Packets that were dropped, and connections that had to make room. */
  readonly drops: number;
}

/** How full the table of tracked connections is. */
export const conntrack = defineCheck<Seen>({
  name: 'conntrack',
  title: 'Table of tracked connections',
  looksAt:
    'net.netfilter.nf_conntrack_count and nf_conntrack_max, and the drops in /proc/net/stat/nf_conntrack.',
  kinds,
  look: async (readers) => ({
    count: numberOf(await readers.sysctl('net/netfilter/nf_conntrack_count')),
    max: numberOf(await readers.sysctl('net/netfilter/nf_conntrack_max')),
    drops: dropsOf((await readers.file('/proc/net/stat/nf_conntrack')) ?? ''),
  }),
  judge: ({ count, max, drops }) => {
    if (count === undefined || max === undefined || max === 0) {
      return orFine([], 'conntrack is not loaded yet');
    }
    const share = Math.floor((100 * count) / max);
    const seen = `${count} of ${max} connections (${share} %)`;
    const command = `sysctl -w net.netfilter.nf_conntrack_max=${2 * max}`;
    const findings: Finding[] = [];
    if (share >= 75) {
      findings.push(found(share >= 90 ? kinds.full : kinds.filling, seen, command));
    }
    if (drops > 0) {
      findings.push(found(kinds.dropped, `${drops} drops and early drops; now ${seen}`));
    }
    return orFine(findings, seen);
  },
});

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** The columns `drop` and `early_drop` of all processors, in hexadecimal. */
function dropsOf(text: string): number {
  const [header = '', ...rows] = text.trim().split('\n');
  const columns = header.trim().split(/\s+/);
  const wanted = ['drop', 'early_drop'].map((name) => columns.indexOf(name));
  return rows
    .flatMap((row) => {
      const cells = row.trim().split(/\s+/);
      return wanted.map((column) => Number.parseInt(cells[column] ?? '0', 16));
    })
    .filter(Number.isFinite)
    .reduce((sum, each) => sum + each, 0);
}
