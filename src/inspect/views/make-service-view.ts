import { formatVirtualServer } from '../../kernel/ipvs/model.ts';
import { choose } from '../../translate/annotations/annotation.ts';
import { drainTimeout } from '../../translate/annotations/drain-timeout.ts';
import type {
  AddressFate,
  Decision,
  FrontEndFate,
  PortRangeFate,
} from '../../translate/decisions.ts';
import { describeDecision, describeServiceFate } from '../../translate/describe-decision.ts';
import type { ClusterKnowledge, KernelKnowledge } from './knowledge.ts';
import { refusalProblem, serviceProblemView } from './make-problem-view.ts';
import { schedulerView } from './scheduler-view.ts';
import type { ServiceOutline } from './service-outline.ts';
import type { ServiceView } from './service-view.ts';
import { virtualServerView } from './virtual-server-view.ts';

/** A Service as it is shown, by what is known of it in the cluster and in the kernel. Pure. */
export function serviceView(
  { service, key, decisions, frontEnds }: ServiceOutline,
  cluster: ClusterKnowledge,
  kernel: KernelKnowledge,
): ServiceView {
  const { namespace, name, sessionAffinity } = service;
  const keys = frontEnds.map(({ id }) => formatVirtualServer(id));
  const drainTimeoutMs = choose(drainTimeout, {
    service,
    defaults: cluster.settings,
    missingSchedulers: cluster.node.missingSchedulers,
  }).value;
  const refused = keys.flatMap((virtualServer) => {
    const refusal = kernel.refusal(virtualServer);
    return refusal === undefined || cluster.serviceOf(virtualServer) !== key
      ? []
      : [refusalProblem(`virtual server ${virtualServer}`, key, refusal, kernel.nowMs)];
  });
  return {
    key,
    namespace,
    name,
    notServed: notServedOf(decisions),
    scheduler: schedulerView(service, cluster),
    persistence:
      sessionAffinity.kind === 'ClientIP'
        ? { timeoutSeconds: sessionAffinity.timeoutSeconds }
        : null,
    drainTimeoutSeconds: drainTimeoutMs === undefined ? null : drainTimeoutMs / 1000,
    virtualServers: frontEnds.map((frontEnd) => virtualServerView(key, frontEnd, cluster, kernel)),
    refusals: decisions.filter(isRefusal).map(describeDecision),
    problems: [...cluster.problemsOf(key, keys).map(serviceProblemView), ...refused],
  };
}

function notServedOf(decisions: readonly Decision[]): string | null {
  const decision = decisions.find(({ about }) => about === 'Service');
  return decision?.about !== 'Service' || decision.fate.kind === 'served'
    ? null
    : describeServiceFate(decision.fate);
}

const refusedAddresses: ReadonlySet<AddressFate['kind']> = new Set<AddressFate['kind']>([
  'refused',
  'another family',
  'ipMode Proxy',
]);
const refusedFrontEnds: ReadonlySet<FrontEndFate['kind']> = new Set<FrontEndFate['kind']>([
  'left to the API server',
  'no node address',
]);

const refusedPortRanges: ReadonlySet<PortRangeFate['kind']> = new Set<PortRangeFate['kind']>([
  'no free mark',
  'address of the node',
  'claimed by an older Service',
]);

function isRefusal(decision: Decision): boolean {
  switch (decision.about) {
    case 'address':
      return refusedAddresses.has(decision.fate.kind);
    case 'front end':
      return refusedFrontEnds.has(decision.fate.kind);
    case 'port range':
      return refusedPortRanges.has(decision.fate.kind);
    case 'Service':
    case 'endpoint':
      return false;
  }
}
