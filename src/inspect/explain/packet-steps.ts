import type { TrafficPolicy } from '../../cluster/objects.ts';
import type { VirtualServerSettings } from '../../kernel/ipvs/model.ts';
import { scheduler as schedulerAnnotation } from '../../translate/annotations/scheduler.ts';
import { formatPort } from '../../translate/describe-decision.ts';
import type { EndpointDecision } from '../../translate/decisions.ts';
import { decidedBy } from './decided-by.ts';
import { fieldOfKind, policyField, stepOf } from './decision-step.ts';
import type { Step } from './explanation.ts';
import type { RolesAt } from './filter-verdict.ts';
import type { FoundFrontEnd } from './front-end-at.ts';
import type { Origin } from './origin.ts';
import type { Destination } from './packet.ts';
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
export function frontEndSteps({ key, found }: Question): readonly Step[] {
  if (found === undefined) {
    return [];
  }
  const { frontEnd, port, losers } = found;
  const object = `Service ${found.key}`;
  const field = fieldOfKind(frontEnd.kind);
  return [
    {
      text: `${key} is the ${frontEnd.kind} of Service ${found.key}, port ${formatPort(port)}`,
      object,
      field,
    },
    ...losers.map((loser) => ({
      text: `Service ${loser} asks for it too, and is younger: it gets none of these packets`,
      object: `Service ${loser}`,
      field: 'metadata.creationTimestamp',
    })),
    ...found.addressDecisions.map((decision) => stepOf(decision, found.key)),
  ];
}

/** Whether the source is one that is let through, where not all are. */
export function rangesSteps({ to, origin, roles, found, world }: Question): readonly Step[] {
  if (!roles.isGuarded || found === undefined) {
    return [];
  }
  const ranges = found.service.loadBalancerSourceRanges?.map(({ text }) => text).join(', ') ?? '';
  const from = origin.source?.text ?? 'the sender';
  return [
    {
      text: admittance(roles.isAdmitted, from, ranges, origin.isNode),
      object: `Service ${found.key}`,
      field: 'spec.loadBalancerSourceRanges',
      ...decidedBy(roles.isAdmitted === false ? 'guarded' : 'admitted', 'it comes', to, world),
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
export function choiceSteps({ key, world }: Question, found: FoundFrontEnd): readonly Step[] {
  const settings = world.desired.virtualServer(key)?.virtualServer.settings;
  return settings === undefined
    ? []
    : [schedulerStep(settings.scheduler, found), ...affinitySteps(settings, found.key)];
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

function affinitySteps({ persistence }: VirtualServerSettings, service: string): readonly Step[] {
  return persistence === undefined
    ? []
    : [
        {
          text: `a client that was here less than ${persistence.timeoutSeconds} s ago gets the same one`,
          object: `Service ${service}`,
          field: 'spec.sessionAffinity',
        },
      ];
}
