import { AddressClient } from '../../src/kernel/vip-link/client.ts';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import { visitTable } from '../../src/kernel/ipvs/read-table.ts';
import { BoundAddressKind } from '../../src/kernel/vip-link/bound-address-kind.ts';
import { VirtualServerKind } from '../../src/kernel/ipvs/virtual-server-kind.ts';
import type { DesiredFrontEnd } from '../../src/translate/desired.ts';
import type { FakeKernel } from './fake-kernel/fake-kernel.ts';
import { openProcText } from './fake-kernel/ipvs-proc.ts';

export interface KernelKinds {
  readonly client: IpvsClient;
  readonly virtualServers: VirtualServerKind<DesiredFrontEnd>;
  readonly addresses: BoundAddressKind;
}

/** The loop's kinds over a fake kernel, with clients of their own; `now` in milliseconds. */
export async function kernelKinds(
  kernel: FakeKernel,
  now: () => number = () => 0,
): Promise<KernelKinds> {
  const client = await IpvsClient.connect({}, kernel.open('generic'));
  const visit: typeof visitTable = (reader, visitor, pace) =>
    visitTable(reader, visitor, pace, () => openProcText(kernel.ipvs));
  kernel.questions.length = 0;
  return {
    client,
    virtualServers: new VirtualServerKind(client, now, visit),
    addresses: new BoundAddressKind(new AddressClient({}, kernel.open('route'))),
  };
}
