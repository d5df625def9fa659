import { AddressClient } from '../kernel/vip-link/client.ts';
import { translateOnce } from '../app/translate-once.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { Settings } from '../config/load-settings.ts';
import { IpvsUnavailableError } from '../kernel/ipvs/ipvs-error.ts';
import type { Logger } from '../base/log.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { DesiredState } from '../desired/desired-state.ts';
import { PlaceMap } from '../reconcile/place-map.ts';
import type { DesiredFrontEnd } from '../translate/desired.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { observeKernel, type ObservedKernel } from './observe-kernel.ts';
import { logMistake, logProblem, openSource, settingsOf } from './open-source.ts';
import type { PlanOptions } from './options.ts';
import { planJson, planText, type Plan } from './plan-report.ts';

/** Says what the cluster would become here and how the kernel differs; touches nothing. */
export async function plan(options: PlanOptions, log: Logger): Promise<ExitCode> {
  const settings = await settingsOf(options, log);
  const desired = await readDesired(options, settings, log);
  const report: Plan = { ...desired, observed: await observeIfAvailable(log) };
  process.stdout.write(options.output === 'json' ? planJson(report) : planText(report));
  return exitCode.success;
}

/** Everything that the cluster wants on this node. */
export interface DesiredRows {
  readonly virtualServers: ReadonlyMap<string, DesiredFrontEnd>;
  readonly boundAddresses: ReadonlyMap<string, IpAddress>;
  /** The Service that holds a virtual server, by the key of that. */
  serviceOf(key: string): string | undefined;
  /** The Service that holds a VIP. */
  serviceAt(vip: string): string | undefined;
}

/** Reads the cluster once and translates it. Throws NetlinkError, SourceTimeoutError and what the source raises. */
export async function readDesired(
  options: PlanOptions,
  settings: Settings,
  log: Logger,
): Promise<DesiredRows> {
  const onProblem = logProblem.bind(undefined, log);
  const store = new ClusterStore();
  const virtualServers = new PlaceMap<DesiredFrontEnd>();
  const boundAddresses = new PlaceMap<IpAddress>();
  const desired = new DesiredState(virtualServers, boundAddresses);
  const addresses = new AddressClient();
  try {
    await translateOnce({
      source: openSource(options, settings, onProblem),
      store,
      timeoutMs: options.timeout,
      desired,
      settings,
      addresses,
      listener: { problem: onProblem, mistake: logMistake.bind(undefined, log) },
    });
  } finally {
    addresses.close();
  }
  return {
    virtualServers: virtualServers.rows,
    boundAddresses: boundAddresses.rows,
    serviceOf: (key) => desired.serviceOf(key),
    serviceAt: (vip) => desired.serviceAt(vip),
  };
}

/** A plan is of use on a machine without IPVS too. */
async function observeIfAvailable(log: Logger): Promise<ObservedKernel | undefined> {
  try {
    return await observeKernel();
  } catch (error) {
    if (error instanceof IpvsUnavailableError) {
      log.warn(
        `the kernel could not be read, so the plan leaves out what would change in it: ${error.message}`,
      );
      return undefined;
    }
    throw error;
  }
}
