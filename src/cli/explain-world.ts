import { translateOnce } from '../app/translate-once.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { Settings } from '../config/load-settings.ts';
import type { Logger } from '../base/log.ts';
import { DesiredState } from '../desired/desired-state.ts';
import type { ExplainWorld, KernelLook } from '../inspect/explain/explain.ts';
import { IpvsUnavailableError } from '../kernel/ipvs/ipvs-error.ts';
import { RememberedMembers } from '../kernel/packet-filter/remembered-members.ts';
import { AddressClient } from '../kernel/vip-link/client.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { PlaceMap } from '../reconcile/place-map.ts';
import type { DesiredFrontEnd } from '../translate/desired.ts';
import { observeKernel } from './observe-kernel.ts';
import { logMistake, openSource } from './open-source.ts';
import type { ExplainOptions } from './options.ts';

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
  const store = new ClusterStore();
  const desired = new DesiredState(
    new PlaceMap<DesiredFrontEnd>(),
    new PlaceMap<IpAddress>(),
    new RememberedMembers(),
  );
  const addresses = new AddressClient();
  try {
    const translator = await translateOnce({
      source: openSource(options, settings, () => undefined),
      store,
      timeoutMs: options.timeout,
      desired,
      settings,
      addresses,
      listener: { problem: () => undefined, mistake: logMistake.bind(undefined, log) },
    });
    return { store, desired, translator, settings, kernel: await lookIfAvailable(log) };
  } finally {
    addresses.close();
  }
}

/** What is desired can be explained on a machine without IPVS too. */
async function lookIfAvailable(log: Logger): Promise<KernelLook | undefined> {
  try {
    const { virtualServers, boundAddresses } = await observeKernel();
    return {
      virtualServer: (key) => virtualServers.get(key),
      isBound: (address) => boundAddresses.has(address),
    };
  } catch (error) {
    if (error instanceof IpvsUnavailableError) {
      log.warn(
        `the kernel could not be read, so nothing is said of where it differs: ${error.message}`,
      );
      return undefined;
    }
    throw error;
  }
}
