import type { Problem } from '../problem.ts';

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

/** What kube-proxy takes when its configuration names none. */
export const fallbackScheduler: Scheduler = 'rr';

/** The annotation by which a Service chooses its scheduler. */
export const schedulerAnnotation = 'kube-ipvs.io/scheduler';

export function isScheduler(name: string): name is Scheduler {
  return (schedulers as readonly string[]).includes(name);
}

/**
 * The scheduler that the annotations choose, or the default. A value that the kernel could
 * not know is a problem of the Service and costs it no more than its choice.
 */
export function chooseScheduler(
  annotations: ReadonlyMap<string, string>,
  byDefault: Scheduler,
  object: string,
): { readonly scheduler: Scheduler; readonly problems: readonly Problem[] } {
  const value = annotations.get(schedulerAnnotation);
  if (value === undefined) {
    return { scheduler: byDefault, problems: [] };
  }
  if (isScheduler(value)) {
    return { scheduler: value, problems: [] };
  }
  const problem: Problem = {
    object,
    field: `metadata.annotations[${schedulerAnnotation}]`,
    value,
    allowed: `allowed are ${schedulers.join(', ')}; the Service runs with ${byDefault}`,
  };
  return { scheduler: byDefault, problems: [problem] };
}
