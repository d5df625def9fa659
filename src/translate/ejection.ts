import { objectKey, type Service, type ServicePort } from '../cluster/objects.ts';
import type { RealServer, RealServers } from '../kernel/ipvs/model.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { EjectionRule, WatchedVirtualServer } from '../outliers/ejection-rule.ts';
import { mostEjected } from '../outliers/most-ejected.ts';
import type { Failing } from '../outliers/evidence.ts';
import { noOutliers, type Outliers } from '../outliers/outliers.ts';
import type { Choices } from './annotations/registry.ts';
import type { DesiredFrontEnd } from './desired.ts';
import type { NodeFacts } from './node-facts.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';

/** How the real servers of a Service port are ejected in one family. */
export interface PortEjection {
  readonly group: string;
  readonly resetAfterMs: number | undefined;
  readonly outliers: Outliers;
}

/** What becomes of the real servers of a front end. */
export type WithEjection = Pick<DesiredFrontEnd, 'ejection' | 'resets'> & {
  readonly realServers: RealServers;
};

/** Undefined where the Service does not ask for it. */
export function ejectionOf(
  service: Service,
  { name, port, protocol }: ServicePort,
  family: IpFamily,
  { ejectedProtocols, resetAfterMs }: Pick<Choices, 'ejectedProtocols' | 'resetAfterMs'>,
  node: Pick<NodeFacts, 'outliersOf'>,
): PortEjection | undefined {
  if (!ejectedProtocols.has(protocol)) {
    return undefined;
  }
  const group = `${objectKey(service)}:${name === '' ? port : name} ${protocol} ${family}`;
  return { group, resetAfterMs, outliers: node.outliersOf(group) };
}

/**
 * The real servers of a virtual server with those ejected that fail: they have weight 0, or are left out
 * where their connections are to be reset. At most half of those that have a weight are, the first ones
 * that failed, whatever other virtual servers the same ones have. Pure.
 */
export function withEjection(
  candidates: RealServers,
  ejection: PortEjection | undefined,
): WithEjection {
  if (ejection === undefined) {
    return { realServers: candidates };
  }
  const { group, resetAfterMs, outliers } = ejection;
  const rule: EjectionRule = { group, candidates, resetAfterMs };
  const weighted = [...candidates].filter(([, { weight }]) => weight > 0);
  const chosen = [...outliers.ejected]
    .filter(([key]) => (candidates.get(key)?.weight ?? 0) > 0)
    .slice(0, mostEjected(weighted.length));
  if (chosen.length === 0) {
    return { realServers: candidates, ejection: rule };
  }
  const realServers = new Map<string, RealServer>(candidates);
  const resets = new Set<string>();
  for (const [key, as] of chosen) {
    const realServer = candidates.get(key);
    if (as === 'connections are reset') {
      realServers.delete(key);
      resets.add(key);
    } else if (realServer !== undefined) {
      realServers.set(key, { ...realServer, weight: 0 });
    }
  }
  return { realServers, ejection: rule, ...(resets.size > 0 && { resets }) };
}

/** The virtual servers whose real servers are watched. */
export function watchedOf(
  virtualServers: readonly DesiredFrontEnd[],
): readonly WatchedVirtualServer[] {
  return virtualServers.flatMap(({ virtualServer: { id }, ejection }) =>
    ejection === undefined || id.kind !== 'address' ? [] : [{ id, rule: ejection }],
  );
}

const none: readonly ServiceProblem[] = [];

/** So many are named: an Event has a limit. */
const namedAtMost = 10;

const words: Readonly<Record<Failing, string>> = {
  'no answer': 'do not answer new connections from this node',
  refused: 'refuse new connections from this node',
};

/** What the owner of a Service is told of real servers that fail; the same while they do. */
export function ejectionProblems(
  service: Service,
  port: ServicePort,
  { failing }: Outliers = noOutliers,
): readonly ServiceProblem[] {
  if (failing.size === 0) {
    return none;
  }
  return (['no answer', 'refused'] as const).flatMap((how) => {
    const keys = Array.from(failing)
      .filter(([, found]) => found === how)
      .map(([key]) => key)
      .toSorted();
    return keys.length === 0
      ? []
      : [
          serviceProblem(service, 'RealServerEjected', {
            field: `real servers of port ${port.name === '' ? port.port : port.name}`,
            value: `${keys.slice(0, namedAtMost).join(', ')}${keys.length > namedAtMost ? ', ...' : ''}`,
            allowed: `they ${words[how]}: others get these until a trial succeeds`,
          }),
        ];
  });
}
