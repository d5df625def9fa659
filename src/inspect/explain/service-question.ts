import { closestName } from '../../base/text/closest-name.ts';
import { parseServiceKey } from '../../cluster/names.ts';
import type { Service, ServicePort } from '../../cluster/objects.ts';
import { formatPortRange, holdsPort } from '../../net/port-range.ts';
import type { Protocol } from '../../net/protocol.ts';
import type { PortRangeDecision } from '../../translate/decisions.ts';
import { formatPort } from '../../translate/describe-decision.ts';
import { parseProtocol } from './parse-packet.ts';
import { QuestionError } from './question-error.ts';
import type { ExplainWorld } from './world.ts';

/** A Service that is asked about, and what of it. */
export interface ServiceQuestion {
  /** `default/web` */
  readonly key: string;
  readonly service: Service;
  readonly about: AskedPorts;
}

export type AskedPorts =
  /** Those of the spec, and the port ranges. */
  | { readonly kind: 'all' }
  /** Some of the spec. */
  | { readonly kind: 'ports'; readonly ports: readonly ServicePort[] }
  | RangeQuestion;

/** A port that the Service has by its port ranges alone. */
export interface RangeQuestion {
  readonly kind: 'in a port range';
  readonly port: number;
  /** Undefined for any. */
  readonly protocol: Protocol | undefined;
}

/** Whether a range of a Service holds the port that is asked about. */
export function isAskedRange({ port, protocol }: RangeQuestion, range: PortRangeDecision): boolean {
  return (
    (protocol === undefined || range.protocol === protocol) &&
    range.ports.some((ports) => holdsPort(ports, port))
  );
}

/**
 * Finds what `default/web`, `web` (of the namespace default), `default/web:http`, `default/web:80` or
 * `default/web:53/udp` means. Throws QuestionError where there is no such Service or port.
 */
export function findService(
  text: string,
  { store, translator }: Pick<ExplainWorld, 'store' | 'translator'>,
): ServiceQuestion {
  const [name = '', portText, ...rest] = text.split(':');
  const key = parseServiceKey(name);
  if (rest.length > 0 || key === undefined) {
    throw new QuestionError(
      `${JSON.stringify(text)} is no Service; allowed are namespace/name and namespace/name:port`,
    );
  }
  const service = store.service(key);
  if (service === undefined) {
    const near = closestName(key, store.serviceKeys());
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    throw new QuestionError(`there is no Service ${key}${hint}`);
  }
  const rangesOf = (): readonly PortRangeDecision[] =>
    (translator.decisionsOf(key) ?? []).filter((decision) => decision.about === 'port range');
  const about: AskedPorts =
    portText === undefined ? { kind: 'all' } : askedPorts(key, service.ports, rangesOf, portText);
  return { key, service, about };
}

/** `rangesOf` is asked where the spec has no such port. */
function askedPorts(
  key: string,
  ports: readonly ServicePort[],
  rangesOf: () => readonly PortRangeDecision[],
  text: string,
): AskedPorts {
  const [wanted = '', protocolText] = text.split('/');
  const protocol = protocolText === undefined ? undefined : parseProtocol(protocolText, text);
  const found = ports.filter(
    (each) =>
      (each.name === wanted || String(each.port) === wanted) &&
      (protocol === undefined || each.protocol === protocol),
  );
  if (found.length > 0) {
    return { kind: 'ports', ports: found };
  }
  const ranges = rangesOf();
  const inRange: RangeQuestion = { kind: 'in a port range', port: Number(wanted), protocol };
  if (ranges.some((range) => isAskedRange(inRange, range))) {
    return inRange;
  }
  const near = closestName(
    wanted,
    ports.map(({ name }) => name).filter((name) => name !== ''),
  );
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  throw new QuestionError(
    `Service ${key} has no port ${JSON.stringify(text)}; it has ${allOf(ports, ranges)}${hint}`,
  );
}

function allOf(ports: readonly ServicePort[], ranges: readonly PortRangeDecision[]): string {
  const each = [
    ...ports.map(formatPort),
    ...ranges
      .filter(({ fate }) => fate.kind === 'served')
      .map(({ protocol, ports: held }) => `${protocol} ${held.map(formatPortRange).join(',')}`),
  ];
  // The same ranges at each address are told once.
  return [...new Set(each)].join(', ') || 'none';
}
