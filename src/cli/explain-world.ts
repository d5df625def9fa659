import type { Logger } from '../base/log.ts';
import type { Settings } from '../config/load-settings.ts';
import type { ExplainWorld, KernelLook } from '../inspect/explain/explain.ts';
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
  return { store, desired, translator, settings, kernel: await lookIfAvailable(log) };
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
