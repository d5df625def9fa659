import { formatProblem } from '../../base/problem.ts';
import type { ServiceProblem, ServiceReference } from '../../translate/service-problem.ts';

/** What an Event is about; of the Node, the API knows no namespace. */
export type Regarding =
  | (ServiceReference & { readonly kind: 'Service' })
  | { readonly kind: 'Node'; readonly name: string };

/** What is told about an object of the cluster (events.k8s.io/v1). */
export interface ProgramEvent {
  readonly regarding: Regarding;
  readonly reason: string;
  readonly note: string;
  /** Something that went well; all others warn. */
  readonly type?: 'Normal';
}

/** What concerns the node as a whole and not one Service. */
export type NodeEventReason =
  /** IPVS cannot be had; the program ends. */
  | 'IpvsUnavailable'
  /** Something that Services rest upon cannot be had or set in the kernel. */
  | 'KernelIncomplete'
  | 'KernelUnreadable'
  /** The kernel has no such scheduler, and cannot load its module. */
  | 'SchedulerMissing'
  /** The configuration file is wrong; the settings before it stay. */
  | 'ConfigurationRefused'
  /** What kube-proxy had left on the node was removed. */
  | 'KubeProxyRemoved'
  /** Health or metrics cannot be served at their address. */
  | 'AddressUnavailable';

/** The Event for a problem of a Service. Pure. */
export function serviceEvent(problem: ServiceProblem): ProgramEvent {
  const { namespace, name, uid } = problem.service;
  return {
    regarding: { kind: 'Service', namespace, name, uid },
    reason: problem.reason,
    note: formatProblem(problem),
  };
}

/** Pure. */
export function nodeEvent(name: string, reason: NodeEventReason, note: string): ProgramEvent {
  return { regarding: { kind: 'Node', name }, reason, note };
}
