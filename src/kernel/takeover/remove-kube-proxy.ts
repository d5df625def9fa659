import { protocols } from '../../net/protocol.ts';
import type { AddressClient } from '../vip-link/client.ts';
import { nodeAddressesOf } from '../vip-link/node-addresses.ts';
import type { SetClient } from '../ipset/client.ts';
import type { IpSet } from '../ipset/model.ts';
import type { IpvsClient } from '../ipvs/client.ts';
import { readTable } from '../ipvs/read-table.ts';
import { Iptables, iptablesVariants } from '../packet-filter/iptables/iptables.ts';
import { removalText } from '../packet-filter/iptables/restore-text.ts';
import type { IpFamily } from '../../net/ip-address.ts';
import { addressesOfLink } from '../vip-link/bound-address-difference.ts';
import {
  kubeProxyNodePorts,
  kubeProxySets,
  kubeProxyTables,
  kubeProxyVips,
} from './kube-proxy-names.ts';
import { findLeftovers, nodePortKey, type KubeProxyClaims, type Leftovers } from './leftovers.ts';
import { unbindAndDelete } from './unbind-and-delete.ts';

export interface KubeProxyKernel {
  readonly ipvs: IpvsClient;
  readonly addresses: AddressClient;
  readonly sets: SetClient;
  readonly families: readonly IpFamily[];
}

/** Finds what kube-proxy has left; changes nothing. Throws NetlinkError. */
export async function readLeftovers(kernel: KubeProxyKernel): Promise<Leftovers> {
  const { ipvs, addresses } = kernel;
  const link = await addresses.findVipLink();
  const all = await addresses.addresses();
  const node = nodeAddressesOf(await addresses.links(), all);
  return findLeftovers(
    await readClaims(kernel),
    (await readTable(ipvs)).values(),
    link === undefined ? [] : addressesOfLink(all, link.index).values(),
    new Set(node.map(({ text }) => text)),
  );
}

/**
 * Removes what kube-proxy has left: its chains first, so that its filter does not turn packets
 * away, then the addresses and virtual servers that nobody took over, then its sets, which say
 * what is to go and so go last. Rejects with the first error of a step; what stays is found again.
 */
export async function removeLeftovers(
  kernel: KubeProxyKernel,
  leftovers: Leftovers,
): Promise<void> {
  for (const family of kernel.families) {
    for (const variant of iptablesVariants) {
      await removeChains(new Iptables(family, variant));
    }
  }
  await unbindAndDelete(kernel, leftovers);
  for (const name of kernel.families.flatMap(kubeProxySets)) {
    await kernel.sets.destroySet(name);
  }
}

/** A variant that does not work here holds no rules. */
async function removeChains(iptables: Iptables): Promise<void> {
  let present: string;
  try {
    present = await iptables.save();
  } catch {
    return;
  }
  const text = removalText(kubeProxyTables, present);
  if (text !== '') {
    await iptables.restore(text);
  }
}

async function readClaims({ sets, families }: KubeProxyKernel): Promise<KubeProxyClaims> {
  const vips = new Set<string>();
  const nodePorts = new Set<string>();
  for (const family of families) {
    for (const address of await addressesOf(sets, kubeProxyVips(family))) {
      vips.add(address);
    }
    for (const protocol of protocols) {
      for (const port of await portsOf(sets, kubeProxyNodePorts(family)[protocol])) {
        nodePorts.add(nodePortKey(protocol, port));
      }
    }
  }
  return { vips, nodePorts };
}

async function addressesOf(sets: SetClient, set: IpSet): Promise<readonly string[]> {
  const entries = (await sets.entries(set)) ?? [];
  return entries.flatMap((entry) => (entry.kind === 'address' ? [entry.address.text] : []));
}

async function portsOf(sets: SetClient, set: IpSet): Promise<readonly number[]> {
  const entries = (await sets.entries(set)) ?? [];
  return entries.flatMap((entry) =>
    entry.kind === 'port' || entry.kind === 'endpoint' ? [entry.port] : [],
  );
}
