import type { EndpointSlice, Service } from '../cluster/objects.ts';
import { weightName } from '../cluster/weight.ts';
import { weighingSchedulers, type Scheduler } from '../kernel/ipvs/schedulers.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';

const none: readonly ServiceProblem[] = [];

/** EndpointSlices name weights that the scheduler of their Service does not heed: one problem for all. */
export function sliceWeightProblems(
  service: Service,
  slices: readonly EndpointSlice[],
  scheduler: Scheduler,
): readonly ServiceProblem[] {
  const weighing = slices.find(({ weight }) => weight !== undefined);
  return weighing === undefined || weighingSchedulers.includes(scheduler)
    ? none
    : [
        serviceProblem(service, 'SliceWeightsIgnored', {
          field: `EndpointSlice ${weighing.name} metadata.annotations[${weightName}]`,
          value: weighing.weight,
          allowed: `it has no effect: the scheduler ${scheduler} heeds no weights; ${weighingSchedulers.join(', ')} do`,
        }),
      ];
}
