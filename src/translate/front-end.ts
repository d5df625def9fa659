import type { IpAddress } from '../net/ip-address.ts';

/** Which traffic policy counts for connections to a front end. */
export type Traffic = 'internal' | 'external';

/** The VIPs that others choose: by the Service's spec, or by its status. */
export type ChosenVipKind = 'external IP' | 'load-balancer IP';

export type VipKind = 'cluster IP' | ChosenVipKind;

/** Where a Service port is to be reached: it becomes one virtual server. */
export interface FrontEnd {
  readonly kind: VipKind | 'node port';
  readonly address: IpAddress;
  readonly port: number;
}
