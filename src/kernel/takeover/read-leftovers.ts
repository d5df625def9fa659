import { protocols } from '../../net/protocol.ts';
import type { SetClient } from '../ipset/client.ts';
import type { IpSet } from '../ipset/model.ts';
import { readTable } from '../ipvs/read-table.ts';
import { addressesOfLink } from '../vip-link/bound-address-difference.ts';
import { nodeAddressesOf } from '../vip-link/node-addresses.ts';
import { kubeProxyNodePorts, kubeProxyVips } from './kube-proxy-names.ts';
import { findLeftovers, nodePortKey, type KubeProxyClaims, type Leftovers } from './leftovers.ts';
import type { KubeProxyKernel } from './kube-proxy-kernel.ts';

/**
 * Finds what kube-proxy in ipvs mode has left of virtual servers and addresses; changes nothing. Rejects with
 * NetlinkError.
 */
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
