import type { Service } from '../cluster/objects.ts';
import type { Scheduler } from './scheduler.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';

/** The flags of schedulers, by the names that ipvsadm prints. */
export type SchedulerFlag = 'sh-fallback' | 'sh-port' | 'mh-fallback' | 'mh-port';

/** Those that a virtual server runs with, in the order of their bits. */
export interface SchedulerFlags {
  readonly names: readonly SchedulerFlag[];
}

export const noFlags: SchedulerFlags = { names: [] };

/** The annotation that gives a scheduler its flags, and kube-router's for the same. */
export const schedulerFlagsAnnotation = 'kube-ipvs.io/scheduler-flags';
export const kubeRouterFlagsAnnotation = 'kube-router.io/service.schedflags';

/** Bits as in ipvsadm's flag-1 and flag-2 (IP_VS_SVC_F_SCHED1 and 2, here from bit 0). */
const bitOf: Readonly<Record<SchedulerFlag, number>> = {
  'sh-fallback': 1,
  'sh-port': 2,
  'mh-fallback': 1,
  'mh-port': 2,
};

const flagsOf: Readonly<Partial<Record<Scheduler, readonly SchedulerFlag[]>>> = {
  sh: ['sh-fallback', 'sh-port'],
  mh: ['mh-fallback', 'mh-port'],
};

/** kube-router counts the flags through; its flag-3 means nothing to any scheduler. */
const kubeRouterNumbers: Readonly<Record<string, number>> = { 'flag-1': 0, 'flag-2': 1 };

/** The bits that the kernel takes. */
export function schedulerFlagBits(flags: SchedulerFlags): number {
  return flags === noFlags ? 0 : flags.names.reduce((bits, name) => bits | bitOf[name], 0);
}

/**
 * The flags that an annotation gives, for the scheduler that the Service runs with; undefined
 * without such an annotation. A flag that is unknown or of another scheduler is left out.
 */
export function flagsFromAnnotation(
  service: Service,
  scheduler: Scheduler,
): { readonly flags: SchedulerFlags; readonly problems: readonly ServiceProblem[] } | undefined {
  const annotation = [schedulerFlagsAnnotation, kubeRouterFlagsAnnotation].find((name) =>
    service.annotations.has(name),
  );
  if (annotation === undefined) {
    return undefined;
  }
  const value = service.annotations.get(annotation) ?? '';
  const known = flagsOf[scheduler] ?? [];
  const words = value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const numbers = annotation === kubeRouterFlagsAnnotation ? kubeRouterNumbers : {};
  const found = words.map(
    (word) => known[numbers[word] ?? -1] ?? known.find((flag) => flag === word),
  );
  const unknown = words.filter((_word, index) => found[index] === undefined);
  const problem = serviceProblem(service, 'UnknownSchedulerFlag', {
    field: `metadata.annotations[${annotation}]`,
    value,
    allowed: `${unknown.join(', ')} left out: the scheduler ${scheduler} has ${
      known.length === 0 ? 'no flags' : `the flags ${known.join(', ')}`
    }`,
  });
  return {
    flags: { names: known.filter((flag) => found.includes(flag)) },
    problems: unknown.length === 0 ? [] : [problem],
  };
}
