import type { FieldReader } from './fields.ts';
import { dnsLabel } from './names.ts';
import { protocols, type Protocol } from '../net/protocol.ts';

const leastPort = 1;
const mostPort = 65_535;

/** A port with its protocol (TCP where unset) and its name ('' where unset). */
export interface NamedPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** What a port number may be. */
export const portAllowed = `must be a number from ${leastPort} to ${mostPort}`;

/** A port as found: `port` is undefined where the element names none. */
export type FoundPort = Omit<NamedPort, 'port'> & { readonly port: number | undefined };

/** Reads one element of `ports`, and reports what is wrong in it. */
export function readPort(element: FieldReader): FoundPort {
  const name = element.string('name') ?? '';
  if (name !== '' && !dnsLabel.fits(name)) {
    element.reject('name', dnsLabel.allowed);
  }
  const protocol = element.oneOf('protocol', protocols) ?? 'TCP';
  return { name, protocol, port: element.integer('port', leastPort, mostPort) };
}
