import { closestName } from '../../base/text/closest-name.ts';
import { parseServiceKey } from '../../cluster/names.ts';
import type { Service, ServicePort } from '../../cluster/objects.ts';
import { formatPort } from '../../translate/describe-decision.ts';
import { parseProtocol } from './parse-packet.ts';
import { QuestionError } from './question-error.ts';
import type { ExplainWorld } from './world.ts';

/** A Service that is asked about, and the ports of it that are. */
export interface ServiceQuestion {
  /** `default/web` */
  readonly key: string;
  readonly service: Service;
  readonly ports: readonly ServicePort[];
}

/**
 * Finds what `default/web`, `web` (of the namespace default), `default/web:http`, `default/web:80` or
 * `default/web:53/udp` means. Throws QuestionError where there is no such Service or port.
 */
export function findService(text: string, { store }: Pick<ExplainWorld, 'store'>): ServiceQuestion {
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
  return { key, service, ports: portsOf(key, service, portText) };
}

function portsOf(
  key: string,
  { ports }: Service,
  text: string | undefined,
): readonly ServicePort[] {
  if (text === undefined) {
    return ports;
  }
  const [wanted = '', protocolText] = text.split('/');
  const protocol = protocolText === undefined ? undefined : parseProtocol(protocolText, text);
  const found = ports.filter(
    (each) =>
      (each.name === wanted || String(each.port) === wanted) &&
      (protocol === undefined || each.protocol === protocol),
  );
  if (found.length === 0) {
    const all = ports.map(formatPort).join(', ') || 'none';
    const near = closestName(
      wanted,
      ports.map(({ name }) => name).filter((name) => name !== ''),
    );
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    throw new QuestionError(
      `Service ${key} has no port ${JSON.stringify(text)}; it has ${all}${hint}`,
    );
  }
  return found;
}
