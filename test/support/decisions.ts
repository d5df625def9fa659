import type { EndpointSlice, Service } from '../../src/cluster/objects.ts';
import { formatEndpoint } from '../../src/net/ip-address.ts';
import type { Decision, DecisionRecorder } from '../../src/translate/decisions.ts';
import { describeDecision } from '../../src/translate/describe-decision.ts';
import { trafficOf } from '../../src/translate/front-ends.ts';
import type { NodeFacts } from '../../src/translate/node-facts.ts';
import { usualDefaults } from '../../src/translate/annotations/annotation.ts';
import {
  translateService,
  type TranslationSettings,
} from '../../src/translate/translate-service.ts';
import { place } from './place.ts';

/** Remembers the decisions of a translation, in their order. */
export class RememberedDecisions implements DecisionRecorder {
  readonly all: Decision[] = [];

  record(decision: Decision): void {
    this.all.push(decision);
  }

  get lines(): string[] {
    return this.all.map(describeDecision);
  }

  /** Those about one thing, in words. */
  about(about: Decision['about']): string[] {
    return this.all.filter((decision) => decision.about === about).map(describeDecision);
  }
}

export const usualTranslation: TranslationSettings = {
  ...usualDefaults,
  externalIPs: undefined,
  loadBalancerIPs: undefined,
  protectedRanges: [],
};

/** What is decided about a Service. */
export function decide(
  of: Service,
  slices: readonly EndpointSlice[] = [],
  at: NodeFacts = place(),
  settings: Partial<TranslationSettings> = {},
): RememberedDecisions {
  const decisions = new RememberedDecisions();
  translateService(of, slices, at, { ...usualTranslation, ...settings }, decisions);
  return decisions;
}

/**
 * Those of the kinds that were not met. The compiler holds that all are listed: one that is added and
 * decided in no test is a mistake.
 */
export function notMet<Kind extends string>(
  kinds: Readonly<Record<Kind, true>>,
  met: Iterable<string>,
): readonly string[] {
  const all = new Set(met);
  return Object.keys(kinds).filter((kind) => !all.has(kind));
}

/** The front ends of a Service that are said to be served, each with the endpoints said to be used there. */
export function usedAtFrontEnds(
  all: readonly Decision[],
): readonly (readonly [virtualServer: string, realServers: readonly string[]])[] {
  return all.flatMap((decision) => {
    if (decision.about !== 'front end' || decision.fate.kind !== 'served') {
      return [];
    }
    const { protocol, frontEnd } = decision;
    if (!('address' in frontEnd)) {
      return [];
    }
    const { kind, address, port } = frontEnd;
    const used = all
      .filter((other) => other.about === 'endpoint')
      .filter(
        (other) =>
          other.fate.kind === 'used' &&
          other.traffic === trafficOf({ kind }) &&
          other.port.protocol === protocol &&
          (kind === 'node port' ? other.port.nodePort : other.port.port) === port &&
          other.endpoint.address.family === address.family,
      )
      .map(({ endpoint, targetPort = 0 }) => formatEndpoint(endpoint.address, targetPort));
    return [[`${protocol} ${formatEndpoint(address, port)}`, used.toSorted()] as const];
  });
}
