import { translateOnce } from '../app/translate-once.ts';
import type { Logger } from '../base/log.ts';
import type { Problem } from '../base/problem.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { Settings } from '../config/load-settings.ts';
import { DesiredState } from '../desired/desired-state.ts';
import type { ServiceTranslator } from '../desired/service-translator.ts';
import { IpvsClient } from '../kernel/ipvs/client.ts';
import type { VirtualServerHead } from '../kernel/ipvs/model.ts';
import { ipFamilies } from '../kernel/ip-families.ts';
import { portRangesThere } from '../kernel/packet-filter/port-ranges-there.ts';
import { RememberedMembers } from '../kernel/packet-filter/remembered-members.ts';
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

/** Who hears what is wrong; what is not given is logged. */
export interface ReadListener {
  /** Objects, or the API server. */
  readonly problem?: (problem: Problem) => void;
  readonly serviceProblem?: (problem: ServiceProblem) => void;
}

/** Where a cluster is read into: a store, and tables of what comes of it. */
export class ClusterTables {
  readonly store: ClusterStore;
  readonly #virtualServers = new PlaceMap<DesiredFrontEnd>();
  readonly #boundAddresses = new PlaceMap<IpAddress>();
  readonly desired = new DesiredState(
    this.#virtualServers,
    this.#boundAddresses,
    new RememberedMembers(),
  );

  constructor(defaults: ConstructorParameters<typeof ClusterStore>[0]) {
    this.store = new ClusterStore(defaults);
  }

  /** What is there now, as a translator has made it. */
  read(translator: ServiceTranslator): ReadCluster {
    return {
      store: this.store,
      translator,
      desired: this.desired,
      virtualServers: this.#virtualServers.rows,
      boundAddresses: this.#boundAddresses.rows,
    };
  }
}

async function virtualServers(): Promise<readonly VirtualServerHead[]> {
  const ipvs = await IpvsClient.connect();
  try {
    return await ipvs.virtualServers();
  } finally {
    ipvs.close();
  }
}

/**
 * Reads the cluster once and translates it. Throws NetlinkError, SourceTimeoutError and what the source
 * raises.
 */
export async function readCluster(
  options: ClusterOptions & { readonly timeout: number },
  settings: Settings,
  log: Logger,
  listener: ReadListener = {},
): Promise<ReadCluster> {
  const toLog = logProblem.bind(undefined, log);
  const { problem = toLog, serviceProblem = toLog } = listener;
  const tables = new ClusterTables(settings.translation);
  const addresses = new AddressClient();
  try {
    const translator = await translateOnce({
      source: openSource(options, settings, problem),
      store: tables.store,
      timeoutMs: options.timeout,
      desired: tables.desired,
      settings,
      kernel: {
        portRanges: () => portRangesThere(ipFamilies(), settings.kernel),
        ipvs: { virtualServers },
      },
      addresses,
      listener: { problem: serviceProblem, mistake: logMistake.bind(undefined, log) },
    });
    return tables.read(translator);
  } finally {
    addresses.close();
  }
}
