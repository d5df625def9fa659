import type { IpFamily } from '../../net/ip-address.ts';
import type { SetClient } from '../ipset/client.ts';
import type { IpvsClient } from '../ipvs/client.ts';
import type { RunProgram } from '../packet-filter/iptables/iptables.ts';
import type { AddressClient } from '../vip-link/client.ts';

/** What of the kernel kube-proxy may have left something in. */
export interface KubeProxyKernel {
  readonly ipvs: IpvsClient;
  readonly addresses: AddressClient;
  readonly sets: SetClient;
  readonly families: readonly IpFamily[];
  /** What starts the programs of iptables. */
  readonly run?: RunProgram;
}
