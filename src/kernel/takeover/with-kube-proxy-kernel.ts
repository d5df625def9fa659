import { ipFamilies } from '../ip-families.ts';
import { SetClient } from '../ipset/client.ts';
import { IpvsClient } from '../ipvs/client.ts';
import { AddressClient } from '../vip-link/client.ts';
import type { KubeProxyKernel } from './kube-proxy-kernel.ts';

/** Does something with what kube-proxy may have left in the kernel. Rejects as that does. */
export async function withKubeProxyKernel<T>(
  work: (kernel: KubeProxyKernel) => Promise<T>,
  families = ipFamilies(),
): Promise<T> {
  const ipvs = await IpvsClient.connect();
  const addresses = new AddressClient();
  const sets = new SetClient();
  try {
    return await work({ ipvs, addresses, sets, families });
  } finally {
    ipvs.close();
    addresses.close();
    sets.close();
  }
}
