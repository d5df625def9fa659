import type { Service } from '../cluster/objects.ts';
import { isScheduler, schedulers, type Scheduler } from '../kernel/ipvs/schedulers.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';
import { noFlags, type SchedulerFlags } from '../kernel/ipvs/schedulers.ts';
import { flagsFromAnnotation } from './scheduler-flags.ts';

/** What kube-proxy takes when its configuration names none. */
export const fallbackScheduler: Scheduler = 'rr';

/** The annotation by which a Service chooses its scheduler, and kube-router's for the same. */
export const schedulerAnnotation = 'kube-ipvs.io/scheduler';
export const kubeRouterSchedulerAnnotation = 'kube-router.io/service.scheduler';

/** What a Service runs with, and what of its wish could not be granted. */
export interface SchedulerChoice {
  readonly scheduler: Scheduler;
  readonly flags: SchedulerFlags;
  readonly problems: readonly ServiceProblem[];
}

/**
 * The scheduler and its flags that the annotations choose, or the configured ones. A value that
 * does not exist, or that this kernel is found to lack (`missing`), is a problem of the Service
 * and costs it no more than its choice.
 */
export function chooseScheduler(
  service: Service,
  configured: Scheduler,
  missing: ReadonlySet<Scheduler>,
): SchedulerChoice {
  const byDefault = missing.has(configured) ? fallbackScheduler : configured;
  if (service.annotations.size === 0) {
    return { scheduler: byDefault, flags: defaultFlags(byDefault), problems: [] };
  }
  const chosen = chosenScheduler(service, byDefault, missing);
  const scheduler = chosen.scheduler ?? byDefault;
  const flags = flagsFromAnnotation(service, scheduler);
  return {
    scheduler,
    flags: flags?.flags ?? (chosen.scheduler === undefined ? defaultFlags(scheduler) : noFlags),
    problems: [...chosen.problems, ...(flags?.problems ?? [])],
  };
}

const mhFlags: SchedulerFlags = { names: ['mh-port'] };

/** kube-proxy hashes the port as well when its configuration says mh (proxier.go, FlagSourceHash). */
function defaultFlags(scheduler: Scheduler): SchedulerFlags {
  return scheduler === 'mh' ? mhFlags : noFlags;
}

function chosenScheduler(
  service: Service,
  byDefault: Scheduler,
  missing: ReadonlySet<Scheduler>,
): { readonly scheduler: Scheduler | undefined; readonly problems: readonly ServiceProblem[] } {
  const annotation = [schedulerAnnotation, kubeRouterSchedulerAnnotation].find((name) =>
    service.annotations.has(name),
  );
  if (annotation === undefined) {
    return { scheduler: undefined, problems: [] };
  }
  const value = service.annotations.get(annotation) ?? '';
  const field = `metadata.annotations[${annotation}]`;
  if (!isScheduler(value)) {
    const allowed = `allowed are ${schedulers.join(', ')}; the Service runs with ${byDefault}`;
    const problem = serviceProblem(service, 'UnknownScheduler', { field, value, allowed });
    return { scheduler: undefined, problems: [problem] };
  }
  if (missing.has(value)) {
    const allowed = `the kernel of this node has no such scheduler (module ip_vs_${value}); the Service runs with ${byDefault}`;
    const problem = serviceProblem(service, 'SchedulerMissing', { field, value, allowed });
    return { scheduler: undefined, problems: [problem] };
  }
  return { scheduler: value, problems: [] };
}
