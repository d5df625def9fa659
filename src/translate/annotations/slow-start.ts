import { parseGoDuration } from '../../base/go-duration.ts';
import { sharingSchedulers } from '../../kernel/ipvs/schedulers.ts';
import { choose, type Annotation, type ChoiceContext } from './annotation.ts';
import { scheduler } from './scheduler.ts';
import { ignoredBy } from './weighing-scheduler.ts';

/** In how long an endpoint gets its whole weight, in milliseconds; undefined for at once. */
export const slowStart: Annotation<number | undefined, 'InvalidSlowStart' | 'SlowStartIgnored'> = {
  name: 'kube-ipvs.io/slow-start',
  aliases: [],
  reasons: {
    InvalidSlowStart: 'the slow start is not a duration',
    SlowStartIgnored: 'the scheduler of the Service gives no shares by weight',
  },
  docs: {
    title: 'Slow start',
    form: 'a Go duration: `30s`, `2m`; `0s` for none',
    without: '`kubeIpvs.slowStart` of the configuration',
    example: { 'kube-ipvs.io/scheduler': 'wrr', 'kube-ipvs.io/slow-start': '30s' },
    text: `An endpoint that becomes ready beside others begins with a tenth of its weight and gets a tenth more
in each of nine equal parts of that time, so that it can fill its caches and compile what it runs. Where none
is left that has started before, all have their whole weight at once. For the tenths all weights of the
Service are ten times what they would be (unless one is above 6553): the kernel shows 10 instead of 1.

Each node begins when it hears of the endpoint. After a restart of the program a slow start goes on where
the weight in the kernel stands; nothing is written down. It counts with \`wrr\`, \`wlc\`, \`sed\`, \`nq\`, \`mh\`,
\`twos\`, \`lblc\` and \`lblcr\`; with the others an Event says that it does not.`,
  },

  byDefault(context) {
    return sharesByWeight(context) ? context.defaults.slowStartMs : undefined;
  },

  read({ value }, byDefault, context) {
    const durationMs = parseGoDuration(value);
    if (durationMs === undefined) {
      const kept = byDefault === undefined ? 'endpoints start at once' : 'the default counts';
      const allowed = `must be a duration such as 30s, 2m or 0s; ${kept}`;
      return { usable: false, mistake: { reason: 'InvalidSlowStart', allowed } };
    }
    if (durationMs === 0) {
      return { usable: true, value: undefined };
    }
    const allowed = ignoredBy(context, sharingSchedulers);
    return allowed === undefined
      ? { usable: true, value: durationMs }
      : { usable: true, value: undefined, mistake: { reason: 'SlowStartIgnored', allowed } };
  },
};

function sharesByWeight(context: ChoiceContext): boolean {
  return sharingSchedulers.includes(choose(scheduler, context).value);
}
