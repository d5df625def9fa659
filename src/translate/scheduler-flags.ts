import type { Service } from '../cluster/objects.ts';
import { flagsOf, type Scheduler, type SchedulerFlags } from '../kernel/ipvs/schedulers.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';

/** The annotation that gives a scheduler its flags, and kube-router's for the same. */
export const schedulerFlagsAnnotation = 'kube-ipvs.io/scheduler-flags';
export const kubeRouterFlagsAnnotation = 'kube-router.io/service.schedflags';

/** kube-router counts the flags through; its flag-3 means nothing to any scheduler. */
const kubeRouterNumbers: Readonly<Record<string, number>> = { 'flag-1': 0, 'flag-2': 1 };

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
