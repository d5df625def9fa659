import { formatProblem } from '../../base/problem.ts';
import { foreignAtVipAdvice } from '../../desired/foreign-at-vips.ts';
import type { Failing, Failure } from '../../reconcile/any-kind-table.ts';
import type { ServiceProblem, ServiceProblemReason } from '../../translate/service-problem.ts';
import type { RefusingVirtualServer } from '../statistics/full-book.ts';
import { fullnessAdvice } from './full-view.ts';
import { agoText, type Refusal } from './knowledge.ts';
import type { ServiceTrouble } from '../../desired/service-troubles.ts';
import type { ProblemView } from './problem-view.ts';

/** What to do about a field of a Service that cannot be used as it says. */
const adviceFor: Readonly<Record<ServiceProblemReason, string>> = {
  UnknownScheduler: 'correct the annotation',
  SchedulerMissing:
    'load the module on this node (modprobe), or choose another scheduler; it is tried again every ten minutes',
  UnknownSchedulerFlag: 'correct the annotation',
  InvalidDrainTimeout: 'correct the annotation',
  InvalidLocalityWeights: 'correct the annotation',
  LocalityWeightsIgnored: 'choose a scheduler that heeds weights',
  InvalidWeights: 'correct the annotation',
  NodeWeightsIgnored: 'choose a scheduler that heeds weights',
  SliceWeightsIgnored: 'choose a scheduler that heeds weights',
  InvalidMaxConnections: 'correct the annotation',
  InvalidOnePacket: 'correct the annotation',
  OnePacketRefused: 'remove the annotation, or the session affinity',
  InvalidSlowStart: 'correct the annotation',
  SlowStartIgnored: 'choose a scheduler that gives shares by weight',
  InvalidOutlierEjection: 'correct the annotation',
  InvalidResetAfter: 'correct the annotation',
  InvalidPortRanges: 'correct the annotation',
  InvalidPortRangesOn: 'correct the annotation',
  InvalidAffinityAcrossPorts: 'correct the annotation',
  AffinityAcrossPortsIgnored:
    'choose sessionAffinity ClientIP and target ports that are the ports, or remove the annotation',
  UnknownAnnotation: 'correct the name of the annotation, or remove it',
  ExternalIPRefused:
    'take the address from the Service, or admit its range by kubeIpvs.externalIPCIDRs',
  LoadBalancerIPRefused:
    'have the load balancer give another address, or admit its range by kubeIpvs.loadBalancerIPCIDRs',
  EndpointRefused: 'take the address from the EndpointSlice',
  RealServerEjected:
    'look at the Pods and at their nodes; each gets new connections again as soon as it answers a trial',
  PortRangeConflict: 'give one of the two Services other ports, or another address',
  PortRangesRefused:
    'give the Service an address that no node has, or kubeIpvs.portRangeMarks more bits',
  AddressConflict: 'give one of the two Services another address or port',
};

/** A problem of a Service as it is shown. */
export function serviceProblemView(problem: ServiceProblem): ProblemView {
  const { object, reason, service } = problem;
  return {
    object,
    service: `${service.namespace}/${service.name}`,
    reason,
    text: formatProblem(problem),
    advice: adviceFor[reason],
    since: null,
  };
}

/** What the kernel does not take, as it is shown; `service` is whose object it is. */
export function refusalProblem(
  object: string,
  service: string | null,
  { error, forMs }: Refusal,
  nowMs: number,
): ProblemView {
  return {
    object,
    service,
    reason: 'KernelRefused',
    text: error.message,
    advice: adviceForKernel(error),
    since: forMs === undefined ? null : agoText(nowMs, forMs),
  };
}

/** An object that fails, as the loop knows it. */
export function failureProblem(
  failure: Failure | Failing,
  service: string | null,
  nowMs: number,
): ProblemView {
  const { kind, key, error } = failure;
  if (kind === 'foundation') {
    return {
      object: key,
      service: null,
      reason: 'KernelIncomplete',
      text: error.message,
      advice: 'mend what the text names; it is tried again by itself',
      since: null,
    };
  }
  const forMs = 'forMs' in failure ? failure.forMs : undefined;
  return refusalProblem(`${kind} ${key}`, service, { error, forMs }, nowMs);
}

const triedAgain = 'it is tried again by itself';

function adviceForKernel(error: Error): string {
  switch ('code' in error ? error.code : undefined) {
    case 'EPERM':
    case 'EACCES':
      return `give the process the capability NET_ADMIN in the network namespace of the node; ${triedAgain}`;
    case 'ENOENT':
      return `load the module that the text names; ${triedAgain}`;
    case 'ENOMEM':
    case 'ENOBUFS':
      return `the kernel is short of memory; ${triedAgain}`;
    default:
      return `${triedAgain}; where it lasts, the text says what the kernel does not take`;
  }
}

/** What else is wrong with a Service, as it is shown. */
export function serviceTroubleView(trouble: ServiceTrouble): ProblemView {
  const { service } = trouble;
  switch (trouble.kind) {
    case 'mistake':
      return {
        object: `Service ${service}`,
        service,
        reason: 'NotTranslated',
        text: `it could not be translated, and stays in the kernel as it was: ${trouble.error.message}`,
        advice: 'this is a bug of kube-ipvs: report it with the Service and its EndpointSlices',
        since: null,
      };
    case 'unread field':
      return {
        object: trouble.field.object,
        service,
        reason: 'InvalidObject',
        text: trouble.field.text,
        advice: 'correct the field, or what writes it; the rest of the object is served',
        since: null,
      };
  }
}

/** A virtual server of others at a VIP of a Service. */
export function foreignAtVipProblem(virtualServer: string, vipOf: string): ProblemView {
  return {
    object: `virtual server ${virtualServer}`,
    service: vipOf,
    reason: 'ForeignAtVip',
    text: `made by others at a VIP of Service ${vipOf}, which has no such port: connections from Pods and other hosts are refused`,
    advice: foreignAtVipAdvice,
    since: null,
  };
}

/** A virtual server that refuses new connections since real servers of it are full. */
export function limitProblem({ key, service, why }: RefusingVirtualServer): ProblemView {
  return {
    object: `virtual server ${key}`,
    service,
    reason: 'LimitReached',
    text: why,
    advice: fullnessAdvice,
    since: null,
  };
}
