import {
  fallbackScheduler,
  isScheduler,
  schedulers,
  type Scheduler,
} from '../../kernel/ipvs/schedulers.ts';
import type { Annotation } from './annotation.ts';

const meanings: Readonly<Record<Scheduler, string>> = {
  rr: 'each in turn',
  wrr: 'each in turn, by weight',
  lc: 'fewest connections',
  wlc: 'fewest connections, by weight',
  lblc: 'the one that served the destination before, else fewest connections',
  lblcr: 'one of those that served the destination before, else fewest connections',
  dh: 'by a hash of the destination: one Service address, one real server',
  sh: "by a hash of the client's address",
  sed: 'shortest expected delay',
  nq: 'an idle real server, else shortest expected delay',
  fo: 'the real server with the highest weight; the others stand by',
  ovf: 'the first one, until it has as many connections as its weight',
  mh: "Maglev hash of the client's address",
  twos: 'the less busy of two random ones',
};

/** How the real server of a new connection is chosen. */
export const scheduler: Annotation<Scheduler, 'UnknownScheduler' | 'SchedulerMissing'> = {
  name: 'kube-ipvs.io/scheduler',
  aliases: ['kube-router.io/service.scheduler'],
  reasons: {
    UnknownScheduler: 'IPVS has no scheduler of that name',
    SchedulerMissing: 'the kernel of this node has no such scheduler and cannot load its module',
  },
  docs: {
    title: 'Scheduler',
    form: 'one of the schedulers below',
    without: '`ipvs.scheduler` of the configuration',
    example: { 'kube-ipvs.io/scheduler': 'wlc' },
    values: new Map(Object.entries(meanings)),
    text: `The scheduler chooses the real server of each new connection. While all real servers
have the same weight, \`wrr\` chooses as \`rr\` does and \`wlc\` as \`lc\`.

A change takes effect in place: open connections go on. Whether the kernel of a
node has a scheduler shows at its first use. Where it does not, the Service runs with the default, and the
scheduler is tried again every ten minutes.`,
  },

  byDefault({ defaults, missingSchedulers }) {
    return missingSchedulers.has(defaults.scheduler) ? fallbackScheduler : defaults.scheduler;
  },

  read({ value }, byDefault, { missingSchedulers }) {
    if (!isScheduler(value)) {
      const allowed = `allowed are ${schedulers.join(', ')}; the Service runs with ${byDefault}`;
      return { usable: false, mistake: { reason: 'UnknownScheduler', allowed } };
    }
    if (missingSchedulers.has(value)) {
      const allowed = `the kernel of this node has no such scheduler (module ip_vs_${value}); the Service runs with ${byDefault}`;
      return { usable: false, mistake: { reason: 'SchedulerMissing', allowed } };
    }
    return { usable: true, value };
  },
};
