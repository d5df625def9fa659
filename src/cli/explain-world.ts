import type { Logger } from '../base/log.ts';
import type { Settings } from '../config/load-settings.ts';
import type { ExplainWorld, KernelLook } from '../inspect/explain/explain.ts';
import { ipFamilies } from '../kernel/ip-families.ts';
import { packetFilterAtWork } from '../kernel/packet-filter/decide-packet-filter.ts';
import type { PacketFilterKind } from '../kernel/packet-filter/packet-filter.ts';
import { observeIfAvailable } from './observe-kernel.ts';
import type { ExplainOptions } from './options.ts';
import { readCluster } from './read-cluster.ts';

/**
 * Reads the cluster and the kernel once, for questions about them. What is wrong with objects is a
 * matter of the explanation, and not told besides. Throws NetlinkError, SourceTimeoutError and what the
 * source raises.
 */
export async function readExplainWorld(
  options: ExplainOptions,
  settings: Settings,
  log: Logger,
): Promise<ExplainWorld> {
  const silent = { problem: () => undefined, serviceProblem: () => undefined };
  const { store, desired, translator } = await readCluster(options, settings, log, silent);
  const kernel = await lookIfAvailable(log);
  return {
    store,
    desired,
    translator,
    settings,
    kernel,
    packetFilter: await filterOf(settings, kernel),
  };
}

/** Where there is no IPVS, nf_tables are not asked either: what mostly is at work is supposed. */
async function filterOf(
  { kernel: { packetFilter, ...kernel } }: Settings,
  look: KernelLook | undefined,
): Promise<PacketFilterKind> {
  if (look === undefined) {
    return packetFilter === 'auto' ? 'nftables' : packetFilter;
  }
  return (await packetFilterAtWork(ipFamilies(), { packetFilter, ...kernel })).kind;
}

/** What is desired can be explained on a machine without IPVS too. */
async function lookIfAvailable(log: Logger): Promise<KernelLook | undefined> {
  const observed = await observeIfAvailable(log, 'nothing is said of where it differs');
  return (
    observed && {
      virtualServer: (key) => observed.virtualServers.get(key),
      isBound: (address) => observed.boundAddresses.has(address),
    }
  );
}
