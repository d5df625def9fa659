import type { Service, ServicePort } from '../../cluster/objects.ts';
import type {
  AddressDecision,
  Decision,
  EndpointDecision,
  FrontEndDecision,
} from '../../translate/decisions.ts';
import type { FrontEnd, Traffic } from '../../translate/front-end.ts';
import { trafficOf } from '../../translate/front-ends.ts';
import type { Destination } from './packet.ts';
import type { ExplainWorld } from './world.ts';

/** A front end with the Service that holds it, and what was decided about it. */
export interface FoundFrontEnd {
  /** `default/web` */
  readonly key: string;
  readonly service: Service;
  readonly frontEnd: FrontEnd;
  readonly port: ServicePort;
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
  const frontEnd = decisions.findLast((decision) => isAt(decision, to))?.frontEnd;
  // The last one counts where two ports have the same node port.
  const port = service.ports.findLast((each) => frontEnd !== undefined && has(each, frontEnd, to));
  if (frontEnd === undefined || port === undefined) {
    return undefined;
  }
  const traffic = trafficOf(frontEnd);
  return {
    key,
    service,
    frontEnd,
    port,
    traffic,
    addressDecisions:
      frontEnd.kind === 'node port'
        ? []
        : decisions
            .filter((decision) => decision.about === 'address')
            .filter(({ address }) => address.equals(to.address)),
    endpointDecisions: endpointDecisionsOf(decisions, port, traffic).filter(
      ({ endpoint, fate }) =>
        endpoint.address.family === to.address.family || fate.kind === 'another family',
    ),
    losers: desired.losersOf(virtualServer),
  };
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
