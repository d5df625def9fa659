import type { IpvsClient } from '../ipvs/client.ts';
import type { Operation } from '../ipvs/model.ts';
import { throwFirst } from '../netlink/execute-operations.ts';
import type { AddressClient } from '../vip-link/client.ts';
import type { Leftovers } from './leftovers.ts';

/**
 * Unbinds addresses, and then deletes the virtual servers that packets to them were led to. Rejects
 * with the first error of a step.
 */
export async function unbindAndDelete(
  { addresses, ipvs }: { readonly addresses: AddressClient; readonly ipvs: IpvsClient },
  { boundAddresses, virtualServers }: Leftovers,
): Promise<void> {
  const link = await addresses.findVipLink();
  if (link !== undefined) {
    throwFirst(
      await addresses.execute(
        link.index,
        boundAddresses.map((address) => ({ kind: 'unbind', address })),
      ),
    );
  }
  throwFirst(
    await ipvs.execute(
      virtualServers.map((id): Operation => ({ kind: 'delete virtual server', id })),
    ),
  );
}
