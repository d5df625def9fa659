import { IpAddress } from '../../net/ip-address.ts';
import { specialAddress } from '../../net/special-address.ts';
import type { Asked } from '../http/http-endpoint.ts';

/** Who may read: connections to a loopback address, or whoever gets to the metrics address. */
export type Readers = 'loopback' | 'metricsAddress';

/**
 * Why somebody may not read the status page; undefined where they may. A page of another site whose name
 * was made to lead here (DNS rebinding) is known by its name: this node is asked for by an address, as
 * localhost, or by its own name. Pure.
 */
export function refusalOf(
  { host, localAddress }: Pick<Asked, 'host' | 'localAddress'>,
  readers: Readers,
  nodeName: string,
): string | undefined {
  if (readers === 'loopback' && !isLoopback(localAddress)) {
    return 'the status page is read over loopback alone: see kubeIpvs.statusPage of the configuration';
  }
  return host !== undefined && isOwnName(host, nodeName)
    ? undefined
    : 'the Host header must be an IP address, localhost or the name of this node';
}

function isLoopback(text: string | undefined): boolean {
  // A socket of both families shows an IPv4 address so.
  const address = IpAddress.parse((text ?? '').replace(/^::ffff:/i, ''));
  return address !== undefined && specialAddress(address) === 'loopback';
}

function isOwnName(host: string, nodeName: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  const inBrackets = /^\[(.*)\]$/.exec(name)?.[1];
  return (
    name === 'localhost' ||
    (name !== '' && name === nodeName.toLowerCase()) ||
    IpAddress.parse(inBrackets ?? name) !== undefined
  );
}
