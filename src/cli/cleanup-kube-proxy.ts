import { AddressClient } from '../kernel/vip-link/client.ts';
import { SetClient } from '../kernel/ipset/client.ts';
import { IpvsClient } from '../kernel/ipvs/client.ts';
import { formatVirtualServer } from '../kernel/ipvs/model.ts';
import { ipFamilies } from '../kernel/ip-families.ts';
import type { Logger } from '../base/log.ts';
import {
  readLeftovers,
  removeLeftovers,
  type KubeProxyKernel,
} from '../kernel/takeover/remove-kube-proxy.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import type { CleanupOptions } from './options.ts';

/** Removes what kube-proxy in ipvs mode has left in the kernel, and nothing else. */
export async function cleanupKubeProxy(options: CleanupOptions, log: Logger): Promise<ExitCode> {
  const ipvs = await IpvsClient.connect();
  const addresses = new AddressClient();
  const sets = new SetClient();
  const kernel: KubeProxyKernel = { ipvs, addresses, sets, families: ipFamilies() };
  try {
    const leftovers = await readLeftovers(kernel);
    const would = options.dryRun ? 'would ' : '';
    for (const address of leftovers.boundAddresses) {
      process.stdout.write(`${would}unbind address ${address.hostPrefix}\n`);
    }
    for (const id of leftovers.virtualServers) {
      process.stdout.write(`${would}delete virtual server ${formatVirtualServer(id)}\n`);
    }
    process.stdout.write(`${would}remove the chains and sets of kube-proxy\n`);
    if (!options.dryRun) {
      await removeLeftovers(kernel, leftovers);
      log.info('removed what kube-proxy had left');
    }
    return exitCode.success;
  } finally {
    ipvs.close();
    addresses.close();
    sets.close();
  }
}
