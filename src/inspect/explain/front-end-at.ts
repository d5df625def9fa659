import type { Service, ServicePort } from '../../cluster/objects.ts';
import type {
  AddressDecision,
  Decision,
  EndpointDecision,
  FrontEndDecision,
  PortRangeDecision,
} from '../../translate/decisions.ts';
import type { FrontEnd, Traffic } from '../../translate/front-end.ts';
import { holdsPort } from '../../net/port-range.ts';
import { trafficOf } from '../../translate/front-ends.ts';
import type { Destination } from './packet.ts';
import type { ExplainWorld } from './world.ts';

/** A front end with the Service that holds it, and what was decided about it. */
export interface FoundFrontEnd {
  /** `default/web` */
  readonly key: string;
  readonly service: Service;
  readonly kind: FrontEnd['kind'];
  /** The one whose endpoints are behind it; for a port range that is the first one of the Service. */
  readonly port: ServicePort;
  /** The ports that it is one of, where it is in a port range. */
  readonly range: PortRangeDecision | undefined;
  /** The Service asks for it by a range too. */
  readonly isAlsoInRange: boolean;
  readonly traffic: Traffic;
  /** About its address; none where that is the node's. */
  readonly addressDecisions: readonly AddressDecision[];
  /** About the endpoints of its port, for its traffic and in its family. */
  readonly endpointDecisions: readonly EndpointDecision[];
  /** Younger Services that claim it too. */
  readonly losers: readonly string[];
}

/** The front end that a Service holds at a destination; undefined where none does. */
export function frontEndAt(
  to: Destination,
  virtualServer: string,
  { desired, store, translator }: ExplainWorld,
): FoundFrontEnd | undefined {
  const key = desired.serviceOf(virtualServer);
  const service = key === undefined ? undefined : store.service(key);
  if (key === undefined || service === undefined) {
    return undefined;
  }
  const decisions = translator.decisionsOf(key) ?? [];
  const found = ordinaryAt(to, service, decisions) ?? inRangeAt(to, service, decisions);
  if (found === undefined) {
    return undefined;
  }
  const { kind, port, range } = found;
  const traffic = trafficOf({ kind });
  return {
    ...{ key, service, kind, port, range, traffic },
    isAlsoInRange: rangeDecisionAt(to, decisions, 'ordinary ports') !== undefined,
    addressDecisions:
      kind === 'node port'
        ? []
        : decisions
            .filter((decision) => decision.about === 'address')
            .filter(({ address }) => address.equals(to.address)),
    endpointDecisions: endpointDecisionsOf(decisions, port, traffic)
      .filter(
        ({ endpoint, fate }) =>
          endpoint.address.family === to.address.family || fate.kind === 'another family',
      )
      .map((decision) => (range === undefined ? decision : atPort(decision, to))),
    losers:
      range === undefined
        ? desired.losersOf(virtualServer)
        : desired
            .portRangeConflictsAt(to.address.text)
            .filter(({ holder, protocol }) => holder === key && protocol === to.protocol)
            .filter(({ ports }) => ports.some((range) => holdsPort(range, to.port)))
            .map(({ loser }) => loser),
  };
}

type Found = Pick<FoundFrontEnd, 'kind' | 'port' | 'range'>;

function ordinaryAt(
  to: Destination,
  { ports }: Service,
  decisions: readonly Decision[],
): Found | undefined {
  const frontEnd = decisions.findLast((decision) => isAt(decision, to))?.frontEnd;
  // The last one counts where two ports have the same node port.
  const port = ports.findLast((each) => frontEnd !== undefined && has(each, frontEnd, to));
  return frontEnd && port && { kind: frontEnd.kind, port, range: undefined };
}

function inRangeAt(
  to: Destination,
  { ports: [port] }: Service,
  decisions: readonly Decision[],
): Found | undefined {
  const range = rangeDecisionAt(to, decisions, 'served');
  return range && port && { kind: range.kind, port, range };
}

function rangeDecisionAt(
  to: Destination,
  decisions: readonly Decision[],
  fate: PortRangeDecision['fate']['kind'],
): PortRangeDecision | undefined {
  return decisions
    .filter((decision) => decision.about === 'port range')
    .find(
      (decision) =>
        decision.fate.kind === fate &&
        decision.protocol === to.protocol &&
        decision.address.equals(to.address) &&
        decision.ports.some((range) => holdsPort(range, to.port)),
    );
}

/** The endpoint at the port that the client has chosen. */
function atPort(decision: EndpointDecision, { port }: Destination): EndpointDecision {
  return decision.targetPort === undefined ? decision : { ...decision, targetPort: port };
}

function endpointDecisionsOf(
  decisions: readonly Decision[],
  port: ServicePort,
  traffic: Traffic,
): readonly EndpointDecision[] {
  return decisions
    .filter((decision) => decision.about === 'endpoint')
    .filter((decision) => decision.port === port && decision.traffic === traffic);
}

/** A front end of the address that was asked for. */
type AtAddress = FrontEndDecision & { readonly frontEnd: FrontEnd };

function isAt(decision: Decision, { protocol, address, port }: Destination): decision is AtAddress {
  return (
    decision.about === 'front end' &&
    decision.fate.kind === 'served' &&
    decision.protocol === protocol &&
    decision.frontEnd.port === port &&
    'address' in decision.frontEnd &&
    decision.frontEnd.address.equals(address)
  );
}

function has(port: ServicePort, { kind }: FrontEnd, to: Destination): boolean {
  const number = kind === 'node port' ? port.nodePort : port.port;
  return number === to.port && port.protocol === to.protocol;
}
