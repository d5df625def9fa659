import { IpAddress } from '../../../src/net/ip-address.ts';

/** AF_INET and AF_INET6. */
export type FamilyNumber = 2 | 10;

export function addressBytes(family: FamilyNumber): 4 | 16 {
  return family === 2 ? 4 : 16;
}

/** The text of an address whose bytes come first. */
export function addressText(family: FamilyNumber, bytes: Uint8Array): string {
  return IpAddress.fromBytes(family === 2 ? 'IPv4' : 'IPv6', bytes).text;
}

/** `10.96.0.1:80`, `[fd00::1]:80`. */
export function endpointText(family: FamilyNumber, bytes: Uint8Array, port: number): string {
  const address = addressText(family, bytes);
  return family === 2 ? `${address}:${port}` : `[${address}]:${port}`;
}

export function protocolName(number: number): string {
  return (
    new Map([
      [6, 'TCP'],
      [17, 'UDP'],
      [132, 'SCTP'],
    ]).get(number) ?? `protocol-${number}`
  );
}
