import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine } from '../finding.ts';
import type { ApiVersionReading } from '../readers.ts';

const kinds = kindsOf({
  wrong: {
    severity: 'error',
    means:
      'The clocks of this node and of the API server are so far apart that certificates and tokens may count as expired or not valid yet: connections to the API server then fail.',
    mend: 'timedatectl set-ntp true',
  },
  drifts: {
    severity: 'warning',
    means:
      'The clocks of this node and of the API server differ: times in the log and in metrics (when a change of a Pod reached the kernel) are wrong by as much. No decision depends on them.',
    mend: 'timedatectl set-ntp true',
  },
  'not-asked': {
    severity: 'note',
    means: 'The clock is compared with that of the API server, which was not asked.',
  },
});

/** Seconds. */
const drift = 5;
const tooMuch = 300;

type Seen = ApiVersionReading | { readonly kind: 'not asked'; readonly why: string };

/** The wall clock, against that of the API server. */
export const clock = defineCheck<Seen>({
  name: 'clock',
  title: 'Clock',
  looksAt: 'The header Date of an answer of the API server, which has whole seconds.',
  kinds,
  look: async ({ api }) => (api.kind === 'asked' ? api.version() : api),
  judge: (seen) => {
    switch (seen.kind) {
      case 'not asked':
        return [found(kinds['not-asked'], `not asked: ${seen.why}`)];
      case 'failed':
        return [found(kinds['not-asked'], 'not asked: the API server cannot be reached')];
      case 'answered': {
        const { serverTimeMs, ourTimeMs, tookMs } = seen;
        if (serverTimeMs === undefined) {
          return [found(kinds['not-asked'], 'the API server does not say what time it is')];
        }
        // Half a second is what the header cuts off on average.
        const ahead = (ourTimeMs - serverTimeMs - 500) / 1000;
        const off = Math.abs(ahead) - tookMs / 2000;
        const text = `this node is ${Math.abs(ahead).toFixed(0)} s ${ahead > 0 ? 'ahead of' : 'behind'} the API server`;
        if (off < drift) {
          return orFine([], 'within seconds of the API server');
        }
        return [found(off < tooMuch ? kinds.drifts : kinds.wrong, text)];
      }
    }
  },
});
