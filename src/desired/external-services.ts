import type { Service } from '../cluster/objects.ts';
import type { IpAddress } from '../net/ip-address.ts';

/** Whether the addresses of the node matter to a Service. */
export function isExternal(service: Service): boolean {
  const { ports, externalIPs, loadBalancerIPs } = service;
  return (
    externalIPs.length + loadBalancerIPs.length > 0 ||
    ports.some(({ nodePort }) => nodePort !== undefined)
  );
}

/** Whether an external or load-balancer IP is among the addresses; any, where they are missing. */
export function hasVipIn(service: Service, addresses: ReadonlySet<string> | undefined): boolean {
  const isAmong = ({ text }: IpAddress): boolean => addresses?.has(text) !== false;
  return service.externalIPs.some(isAmong) || service.loadBalancerIPs.some(isAmong);
}
