import type { Service } from '../../cluster/objects.ts';
import { choose, givenBy, type ChoiceContext } from '../../translate/annotations/annotation.ts';
import { schedulerFlags } from '../../translate/annotations/scheduler-flags.ts';
import { scheduler } from '../../translate/annotations/scheduler.ts';
import type { ClusterKnowledge } from './knowledge.ts';
import type { SchedulerOrigin, SchedulerView } from './service-view.ts';

/** The scheduler of a Service with its flags, and where it comes from. */
export function schedulerView(
  service: Service,
  { settings, node }: Pick<ClusterKnowledge, 'settings' | 'node'>,
): SchedulerView {
  const context = { service, defaults: settings, missingSchedulers: node.missingSchedulers };
  return {
    name: choose(scheduler, context).value,
    flags: choose(schedulerFlags, context).value.names,
    origin: originOf(context),
  };
}

function originOf(context: ChoiceContext): SchedulerOrigin {
  const { service, defaults, missingSchedulers } = context;
  const { isChosen, problem } = choose(scheduler, context);
  if (isChosen) {
    return { kind: 'annotation', annotation: givenBy(scheduler, service)?.name ?? scheduler.name };
  }
  if (problem !== undefined) {
    const { value: wanted, name: annotation, reason } = problem;
    return { kind: 'fallback', wanted, annotation, why: scheduler.reasons[reason] };
  }
  return missingSchedulers.has(defaults.scheduler)
    ? {
        kind: 'fallback',
        wanted: defaults.scheduler,
        annotation: null,
        why: scheduler.reasons.SchedulerMissing,
      }
    : { kind: 'configuration' };
}
