import { translateOnce } from '../app/translate-once.ts';
import type { Logger } from '../base/log.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { Settings } from '../config/load-settings.ts';
import { DesiredState } from '../desired/desired-state.ts';
import type { ServiceTranslator } from '../desired/service-translator.ts';
import { AddressClient } from '../kernel/vip-link/client.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { PlaceMap } from '../reconcile/place-map.ts';
import type { DesiredFrontEnd } from '../translate/desired.ts';
import type { ServiceProblem } from '../translate/service-problem.ts';
import { logMistake, logProblem, openSource } from './open-source.ts';
import type { ClusterOptions } from './options.ts';

/** A cluster as it was once, and what comes of it on this node. */
export interface ReadCluster {
  readonly store: ClusterStore;
  readonly translator: ServiceTranslator;
  readonly desired: DesiredState;
  readonly virtualServers: ReadonlyMap<string, DesiredFrontEnd>;
  readonly boundAddresses: ReadonlyMap<string, IpAddress>;
}

/**
 * Reads the cluster once and translates it. What is wrong with Services is logged, unless somebody else
 * takes it. Throws NetlinkError, SourceTimeoutError and what the source raises.
 */
export async function readCluster(
  options: ClusterOptions & { readonly timeout: number },
  settings: Settings,
  log: Logger,
  onServiceProblem: (problem: ServiceProblem) => void = logProblem.bind(undefined, log),
): Promise<ReadCluster> {
  const onProblem = logProblem.bind(undefined, log);
  const store = new ClusterStore();
  const virtualServers = new PlaceMap<DesiredFrontEnd>();
  const boundAddresses = new PlaceMap<IpAddress>();
  const desired = new DesiredState(virtualServers, boundAddresses);
  const addresses = new AddressClient();
  try {
    const translator = await translateOnce({
      source: openSource(options, settings, onProblem),
      store,
      timeoutMs: options.timeout,
      desired,
      settings,
      addresses,
      listener: { problem: onServiceProblem, mistake: logMistake.bind(undefined, log) },
    });
    return {
      store,
      translator,
      desired,
      virtualServers: virtualServers.rows,
      boundAddresses: boundAddresses.rows,
    };
  } finally {
    addresses.close();
  }
}
