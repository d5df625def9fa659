import { formatProblem } from '../problem.ts';
import type { ServiceProblem } from '../translate/service-problem.ts';

/** What is told about a Service in its namespace (events.k8s.io/v1). */
export interface ServiceEvent {
  readonly namespace: string;
  readonly service: { readonly name: string; readonly uid: string };
  readonly reason: string;
  readonly note: string;
}

/** The API server refuses notes of more than 1,024 bytes. */
const longestNote = 1000;

/** The Event for a problem of a Service. Pure. */
export function eventOf(problem: ServiceProblem): ServiceEvent {
  const { namespace, name, uid } = problem.service;
  const note = Buffer.from(formatProblem(problem)).subarray(0, longestNote).toString();
  return { namespace, service: { name, uid }, reason: problem.reason, note };
}

/** The Event as the API server takes it. Pure. */
export function eventObject(
  { namespace, service, reason, note }: ServiceEvent,
  nodeName: string,
  at: Date,
): object {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { generateName: 'kube-ipvs-', namespace },
    // The API server wants six digits after the point, neither more nor less.
    eventTime: at.toISOString().replace('Z', '000Z'),
    reportingController: 'kube-ipvs',
    reportingInstance: nodeName,
    action: 'Program',
    type: 'Warning',
    reason,
    note,
    regarding: {
      apiVersion: 'v1',
      kind: 'Service',
      namespace,
      name: service.name,
      ...(service.uid === '' ? {} : { uid: service.uid }),
    },
  };
}
