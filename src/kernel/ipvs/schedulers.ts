/**
 * Every scheduler of the kernel, by the name that it and ipvsadm use
 * (net/netfilter/ipvs/Kconfig). A kernel may be built without some of them.
 */
export const schedulers = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
  'twos',
] as const;

export type Scheduler = (typeof schedulers)[number];

/**
 * Those that choose by weight (the others know only whether it is 0): `dest->weight` in
 * net/netfilter/ipvs/ip_vs_*.c.
 */
export const weighingSchedulers: readonly Scheduler[] = [
  'wrr',
  'wlc',
  'lblc',
  'lblcr',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
  'twos',
];

/**
 * Those that give a real server its share by weight, whatever the sum of the weights is: `sh` has 256
 * places in all, `fo` takes the highest weight alone, and `ovf` takes it for a number of connections.
 */
export const sharingSchedulers: readonly Scheduler[] = weighingSchedulers.filter(
  (scheduler) => !['sh', 'fo', 'ovf'].includes(scheduler),
);

/** What kube-proxy takes when its configuration names none. */
export const fallbackScheduler: Scheduler = 'rr';

export function isScheduler(name: string): name is Scheduler {
  return (schedulers as readonly string[]).includes(name);
}

/** The flags of schedulers, by the names that ipvsadm prints. */
export type SchedulerFlag = 'sh-fallback' | 'sh-port' | 'mh-fallback' | 'mh-port';

/** Those that a virtual server runs with, in the order of their bits. */
export interface SchedulerFlags {
  readonly names: readonly SchedulerFlag[];
}

export const noFlags: SchedulerFlags = { names: [] };

/** Bits as in ipvsadm's flag-1 and flag-2 (IP_VS_SVC_F_SCHED1 and 2, here from bit 0). */
const bitOf: Readonly<Record<SchedulerFlag, number>> = {
  'sh-fallback': 1,
  'sh-port': 2,
  'mh-fallback': 1,
  'mh-port': 2,
};

/** The flags that each scheduler knows. */
export const flagsOf: Readonly<Partial<Record<Scheduler, readonly SchedulerFlag[]>>> = {
  sh: ['sh-fallback', 'sh-port'],
  mh: ['mh-fallback', 'mh-port'],
};

/** The bits that the kernel takes. */
export function schedulerFlagBits(flags: SchedulerFlags): number {
  return flags === noFlags ? 0 : flags.names.reduce((bits, name) => bits | bitOf[name], 0);
}

/** The names of the flags that a scheduler runs with, by the bits that the kernel has. */
export function schedulerFlagNames(scheduler: string, bits: number): readonly SchedulerFlag[] {
  const known = isScheduler(scheduler) ? (flagsOf[scheduler] ?? []) : [];
  return known.filter((flag) => (bits & bitOf[flag]) !== 0);
}
