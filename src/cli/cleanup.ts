import type { AddressClient } from '../kernel/vip-link/client.ts';
import { vipLinkAlias, vipLinkName } from '../kernel/vip-link/protocol.ts';
import { describeOperation } from '../kernel/ipvs/ipvs-error.ts';
import { ipFamilies } from '../kernel/ip-families.ts';
import { whatIsThere, type PacketFilterRemains } from '../kernel/packet-filter/what-is-there.ts';
import { openKernel } from '../app/kernel.ts';
import type { Logger } from '../base/log.ts';
import type { Settings } from '../config/load-settings.ts';
import {
  addressesOfOthers,
  boundAddressDifference,
  without,
} from '../kernel/vip-link/bound-address-difference.ts';
import { boundAddressesAt } from '../kernel/vip-link/bound-address-kind.ts';
import { isIn } from '../net/cidr.ts';
import { differences, exceptWhere } from '../reconcile/differences.ts';
import { virtualServerDifference } from '../kernel/ipvs/virtual-server-difference.ts';
import { observedFrom, virtualServersAt } from '../kernel/ipvs/virtual-server-kind.ts';
import { cleanupKubeProxy } from './cleanup-kube-proxy.ts';
import { cleanupPacketFilter } from './cleanup-packet-filter.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { observeKernel } from './observe-kernel.ts';
import { kernelListener, logFailure, settingsOf } from './open-source.ts';
import type { CleanupOptions } from './options.ts';

/**
 * Removes from the kernel what kube-ipvs has made, addresses first and packet filters last, and
 * nothing else. It is the reconciler's removal with nothing desired; addresses at which others
 * have virtual servers stay. Kernel settings stay: who else relies on them by now cannot be told.
 */
export async function cleanup(options: CleanupOptions, log: Logger): Promise<ExitCode> {
  if (options.kubeProxy) {
    return cleanupKubeProxy(options, log);
  }
  if (options.packetFilter) {
    return cleanupPacketFilter(options, log);
  }
  const settings = await settingsOf(options, log);
  for (const line of await toBeRemoved(settings)) {
    process.stdout.write(`${options.dryRun ? 'would ' : ''}${line}\n`);
  }
  if (options.dryRun) {
    return exitCode.success;
  }
  const kernel = await openKernel(settings, kernelListener(log));
  try {
    const { applied, failures } = await kernel.removeAll();
    failures.forEach((failure) => {
      logFailure(log, failure);
    });
    const linkDeleted = failures.length === 0 && (await deleteOwnLink(kernel.addresses));
    const link = linkDeleted ? `, and the link ${vipLinkName}` : '';
    log.info({ removed: applied }, `removed ${applied} objects of kube-ipvs${link}`);
    return failures.length > 0 ? exitCode.failure : exitCode.success;
  } finally {
    kernel.close();
  }
}

async function toBeRemoved({ excludeCIDRs }: Settings): Promise<readonly string[]> {
  const { virtualServers, boundAddresses } = await observeKernel();
  const isExcluded = isIn(excludeCIDRs);
  const ownAddresses = without(boundAddresses, addressesOfOthers(virtualServers.values()));
  const observed = new Map(Array.from(virtualServers, ([key, row]) => [key, observedFrom(row)]));
  return [
    ...differences(
      exceptWhere(boundAddressesAt(isExcluded), boundAddressDifference),
      new Map(),
      ownAddresses,
    )
      .flatMap(({ removals }) => removals)
      .map(({ address }) => `unbind address ${address.hostPrefix}`),
    ...differences(
      exceptWhere(virtualServersAt(isExcluded), virtualServerDifference),
      new Map(),
      observed,
    )
      .flatMap(({ removals }) => removals)
      .map(describeOperation),
    ...removalsOf(await whatIsThere(ipFamilies())),
  ];
}

/** All packet filters go, whichever the configuration names. */
function removalsOf({ table, chainsOf, sets }: PacketFilterRemains): readonly string[] {
  return [
    ...(table === undefined ? [] : [`delete table ${table}`]),
    ...chainsOf.map((program) => `delete chains KIPVS-* of ${program}`),
    ...(sets.length === 0 ? [] : [`delete sets ${sets.join(' ')}`]),
  ];
}

/** The link goes when it is of our making and nobody else has put an address on it. */
async function deleteOwnLink(addresses: AddressClient): Promise<boolean> {
  const link = await addresses.findVipLink();
  if (link?.alias !== vipLinkAlias) {
    return false;
  }
  const inUse = (await addresses.addresses()).some(({ linkIndex }) => linkIndex === link.index);
  if (inUse) {
    return false;
  }
  await addresses.deleteLink(link);
  return true;
}
