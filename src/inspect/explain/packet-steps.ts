import type { TrafficPolicy } from '../../cluster/objects.ts';
import type { VirtualServerSettings } from '../../kernel/ipvs/model.ts';
import { formatMark } from '../../net/mark-mask.ts';
import { scheduler as schedulerAnnotation } from '../../translate/annotations/scheduler.ts';
import { affinityAcrossPorts } from '../../translate/annotations/affinity-across-ports.ts';
import { portRanges } from '../../translate/annotations/port-ranges.ts';
import { formatPort, formatPorts } from '../../translate/describe-decision.ts';
import type { EndpointDecision, PortRangeDecision } from '../../translate/decisions.ts';
import { decidedBy } from './decided-by.ts';
import { fieldOfKind, policyField, stepOf } from './decision-step.ts';
import type { Step } from './explanation.ts';
import type { RolesAt } from './filter-verdict.ts';
import type { FoundFrontEnd } from './front-end-at.ts';
import type { Origin } from './origin.ts';
import { formatDestination, type Destination } from './packet.ts';
import type { ExplainWorld } from './world.ts';

/** What is known of a packet before its verdict. */
export interface Question {
  readonly to: Destination;
  readonly key: string;
  readonly origin: Origin;
  readonly roles: RolesAt;
  readonly found: FoundFrontEnd | undefined;
  readonly world: ExplainWorld;
}

/** Whose front end it is, and what became of its address. */
export function frontEndSteps(question: Question): readonly Step[] {
  const { to, key, found } = question;
  if (found === undefined) {
    return [];
  }
  const { losers } = found;
  return [
    ...(found.range === undefined
      ? ordinarySteps(key, found)
      : [rangeStep(to, found, found.range)]),
    ...losers.map((loser) => ({
      text: `Service ${loser} asks for it too, and is younger: it gets none of these packets`,
      object: `Service ${loser}`,
      field: 'metadata.creationTimestamp',
    })),
    ...found.addressDecisions.map((decision) => stepOf(decision, found.key)),
  ];
}

function ordinarySteps(key: string, found: FoundFrontEnd): readonly Step[] {
  const { kind, port, isAlsoInRange } = found;
  const object = `Service ${found.key}`;
  return [
    {
      text: `${key} is the ${kind} of Service ${found.key}, port ${formatPort(port)}`,
      object,
      field: fieldOfKind(kind),
    },
    ...(isAlsoInRange
      ? [
          {
            text: `it is in a port range of Service ${found.key} too: a port of the spec goes before`,
            object,
            field: annotationField(portRanges),
          },
        ]
      : []),
  ];
}

/** Which range it is in, and who asks for that. */
function rangeStep(
  to: Destination,
  { key, kind, service }: FoundFrontEnd,
  { ports, protocol }: PortRangeDecision,
): Step {
  const isOfSpec = service.ports.some(
    (each) => each.port === to.port && each.protocol === to.protocol,
  );
  return {
    text: `${formatDestination(to)} is among the ports ${formatPorts(ports, protocol)} of Service ${key} at its ${kind}`,
    object: `Service ${key}`,
    field: annotationField(isOfSpec ? affinityAcrossPorts : portRanges),
  };
}

function annotationField({ name }: { readonly name: string }): string {
  return `metadata.annotations[${name}]`;
}

/** Whether the source is one that is let through, where not all are. */
export function rangesSteps({ to, origin, roles, found, world }: Question): readonly Step[] {
  if (!roles.isGuarded || found === undefined) {
    return [];
  }
  const ranges = found.service.loadBalancerSourceRanges?.map(({ text }) => text).join(', ') ?? '';
  const from = origin.source?.text ?? 'the sender';
  const guard = roles.isAdmitted === false ? 'guarded' : 'admitted';
  return [
    {
      text: admittance(roles.isAdmitted, from, ranges, origin.isNode),
      object: `Service ${found.key}`,
      field: 'spec.loadBalancerSourceRanges',
      ...decidedBy(guard, 'it comes', to, world, roles.range !== undefined),
    },
  ];
}

function admittance(
  isAdmitted: boolean | undefined,
  from: string,
  ranges: string,
  isNode: boolean,
): string {
  switch (isAdmitted) {
    case undefined:
      return `only sources in ${ranges} are let through, and it is taken for one; all others are dropped`;
    case true:
      return isNode
        ? `let through: a source range (${ranges}) has an address of this node, or the VIP, which is the source of what a process sends there`
        : `let through: ${from} is in a source range (${ranges})`;
    case false:
      return isNode
        ? `dropped: no source range (${ranges}) has an address of this node, or the VIP; the process is told "Operation not permitted"`
        : `dropped: ${from} is in no source range (${ranges}); nobody is told, the sender waits for a time-out`;
  }
}

/** Which endpoints may be chosen, and why each other one may not; those that may come first. */
export function candidateSteps({ found, roles }: Question): readonly Step[] {
  if (found === undefined) {
    return [];
  }
  const { key, service, traffic, endpointDecisions } = found;
  const policy =
    traffic === 'internal' ? service.internalTrafficPolicy : service.externalTrafficPolicy;
  const isUsed = ({ fate }: EndpointDecision): boolean => fate.kind === 'used';
  return [
    {
      text: `the policy for ${traffic} traffic is ${policy}${whoseEndpoints(policy, roles)}`,
      object: `Service ${key}`,
      field: policyField(traffic),
    },
    ...endpointDecisions
      .toSorted((a, b) => Number(isUsed(b)) - Number(isUsed(a)))
      .map((decision) => stepOf(decision, key)),
    ...(endpointDecisions.length === 0
      ? [
          {
            text: `Service ${key} has no endpoints: no EndpointSlice names one`,
            object: `Service ${key}`,
          },
        ]
      : []),
  ];
}

function whoseEndpoints(policy: TrafficPolicy, { frontEnd }: RolesAt): string {
  if (policy === 'Cluster') {
    return ': endpoints of all nodes are candidates';
  }
  return frontEnd === 'node-only'
    ? ', and no endpoint of this node can be used: those of other nodes are candidates for this node and its Pods'
    : ': endpoints of this node alone are candidates';
}

/** How one of the candidates is chosen. */
export function choiceSteps(question: Question, found: FoundFrontEnd): readonly Step[] {
  const { key, world } = question;
  const settings = world.desired.virtualServer(key)?.virtualServer.settings;
  return settings === undefined
    ? []
    : [
        ...markSteps(question),
        schedulerStep(settings.scheduler, found),
        ...affinitySteps(settings, found),
      ];
}

/** How IPVS comes to know to which virtual server a port of a range belongs. */
function markSteps({ to, key, roles: { range }, world }: Question): readonly Step[] {
  if (range === undefined) {
    return [];
  }
  return [
    {
      text: `its packets get the mark ${formatMark(range.mark)}, by which IPVS finds the virtual server ${key}`,
      object: 'configuration',
      field: 'kubeIpvs.portRangeMarks',
      ...decidedBy('port-ranges', 'it comes', to, world),
    },
  ];
}

function schedulerStep(scheduler: string, { key, service }: FoundFrontEnd): Step {
  const text = `IPVS chooses one for each connection by the scheduler ${scheduler}`;
  const { name, aliases } = schedulerAnnotation;
  const annotation = [name, ...aliases].find((each) => service.annotations.has(each));
  if (annotation === undefined) {
    return { text, object: 'configuration', field: 'ipvs.scheduler' };
  }
  const asked = service.annotations.get(annotation);
  return {
    text: asked === scheduler ? text : `${text}, as "${asked}" cannot be had`,
    object: `Service ${key}`,
    field: `metadata.annotations[${annotation}]`,
  };
}

function affinitySteps(
  { persistence }: VirtualServerSettings,
  { key: service, range }: FoundFrontEnd,
): readonly Step[] {
  const atAll = range === undefined ? '' : ', at whichever of these ports';
  return persistence === undefined
    ? []
    : [
        {
          text: `a client that was here less than ${persistence.timeoutSeconds} s ago gets the same one${atAll}`,
          object: `Service ${service}`,
          field: 'spec.sessionAffinity',
        },
      ];
}
