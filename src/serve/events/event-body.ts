import type { ProgramEvent, Regarding } from './event.ts';

/** The API server refuses longer notes: 1,024 bytes. */
const longestNote = 1000;

/** The API server refuses longer names of who reports, in characters. */
const longestInstance = 128;

/** Events about objects without a namespace go here: validation takes no other one but kube-system. */
const namespaceOfNodes = 'default';

/** Where the Event goes. */
export function namespaceOf({ regarding }: ProgramEvent): string {
  return regarding.kind === 'Service' ? regarding.namespace : namespaceOfNodes;
}

/** The Event as events.k8s.io/v1 has it. Pure. */
export function eventBody(event: ProgramEvent, nodeName: string, now: Date): object {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { generateName: 'kube-ipvs-', namespace: namespaceOf(event) },
    // With microseconds.
    eventTime: now.toISOString().replace('Z', '000Z'),
    reportingController: 'kube-ipvs',
    reportingInstance: nodeName.slice(0, longestInstance),
    action: 'Program',
    type: event.type ?? 'Warning',
    reason: event.reason,
    note: shortened(event.note),
    regarding: reference(event.regarding),
  };
}

function reference(regarding: Regarding): object {
  const { kind, name } = regarding;
  if (regarding.kind === 'Node') {
    // As the kubelet and kube-proxy do it: `kubectl describe node` looks for this UID.
    return { apiVersion: 'v1', kind, name, uid: name };
  }
  const { namespace, uid } = regarding;
  return { apiVersion: 'v1', kind, namespace, name, ...(uid === '' ? {} : { uid }) };
}

function shortened(note: string): string {
  return Buffer.from(note).subarray(0, longestNote).toString();
}
