import type { Service } from '../cluster/objects.ts';
import type { Problem } from '../base/problem.ts';
import type { AnnotationReason } from './annotations/registry.ts';

/** Why something of a Service is not done as it says; also the reason of the Event. */
export type ServiceProblemReason =
  | AnnotationReason
  | 'ExternalIPRefused'
  | 'LoadBalancerIPRefused'
  | 'EndpointRefused'
  | 'SliceWeightsIgnored'
  | 'AddressConflict'
  | 'PortRangeConflict'
  | 'PortRangesRefused'
  | 'RealServerEjected';

/** What becomes of what a Service says, where it has a problem. */
export type ProblemEffect = 'fallback' | 'ignored' | 'refused' | 'conflict' | 'ejected';

/**
 * `fallback`: the default counts; `ignored`: the rest counts; `refused`: an address or endpoint is not
 * served; `conflict`: an older Service has the address; `ejected`: real servers fail, and get no new connections.
 */
export const problemEffects: Readonly<Record<ServiceProblemReason, ProblemEffect>> = {
  UnknownScheduler: 'fallback',
  SchedulerMissing: 'fallback',
  UnknownSchedulerFlag: 'ignored',
  InvalidDrainTimeout: 'fallback',
  InvalidLocalityWeights: 'fallback',
  LocalityWeightsIgnored: 'ignored',
  InvalidWeights: 'fallback',
  NodeWeightsIgnored: 'ignored',
  SliceWeightsIgnored: 'ignored',
  InvalidMaxConnections: 'fallback',
  InvalidOnePacket: 'fallback',
  OnePacketRefused: 'ignored',
  InvalidSlowStart: 'fallback',
  SlowStartIgnored: 'ignored',
  InvalidOutlierEjection: 'fallback',
  InvalidResetAfter: 'ignored',
  InvalidPortRanges: 'ignored',
  InvalidPortRangesOn: 'fallback',
  InvalidAffinityAcrossPorts: 'fallback',
  AffinityAcrossPortsIgnored: 'ignored',
  UnknownAnnotation: 'ignored',
  ExternalIPRefused: 'refused',
  LoadBalancerIPRefused: 'refused',
  EndpointRefused: 'refused',
  AddressConflict: 'conflict',
  PortRangeConflict: 'conflict',
  PortRangesRefused: 'refused',
  RealServerEjected: 'ejected',
};

/** Which Service it is, for an Event about it. */
export type ServiceReference = Pick<Service, 'namespace' | 'name' | 'uid'>;

/** A problem of a Service that can be used otherwise; its owner is told by an Event. */
export interface ServiceProblem extends Problem {
  readonly reason: ServiceProblemReason;
  readonly service: ServiceReference;
}

/** Makes the problem of a Service; `object` is filled in as operators name it. */
export function serviceProblem(
  { namespace, name, uid }: ServiceReference,
  reason: ServiceProblemReason,
  problem: Omit<Problem, 'object'>,
): ServiceProblem {
  return {
    ...problem,
    object: `Service ${namespace}/${name}`,
    reason,
    service: { namespace, name, uid },
  };
}
