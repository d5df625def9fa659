import type { Settings } from '../config/load-settings.ts';
import type { Logger } from '../base/log.ts';
import { formatVirtualServer } from '../kernel/ipvs/model.ts';
import { marksOf } from '../translate/marked-ports.ts';
import { ipFamilies } from '../kernel/ip-families.ts';
import { decidePacketFilter } from '../kernel/packet-filter/decide-packet-filter.ts';
import { whatIsThere } from '../kernel/packet-filter/what-is-there.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { observeIfAvailable } from './observe-kernel.ts';
import { settingsOf } from './open-source.ts';
import type { PlanOptions } from './options.ts';
import { planJson, planText, type Plan, type PlannedFilter } from './plan-report.ts';
import { readCluster } from './read-cluster.ts';

/** Says what the cluster would become here and how the kernel differs; touches nothing. */
export async function plan(options: PlanOptions, log: Logger): Promise<ExitCode> {
  const settings = await settingsOf(options, log);
  const desired = await readDesired(options, settings, log);
  const leftOut = 'the plan leaves out what would change in it';
  const observed = await observeIfAvailable(log, leftOut);
  const packetFilter = observed === undefined ? undefined : await plannedFilter(settings);
  const report: Plan = { ...desired, excluded: settings.excludeCIDRs, observed, packetFilter };
  process.stdout.write(options.output === 'json' ? planJson(report) : planText(report));
  return exitCode.success;
}

type DesiredRows = Omit<Plan, 'excluded' | 'observed' | 'packetFilter'>;

async function plannedFilter({ kernel }: Settings): Promise<PlannedFilter> {
  const families = ipFamilies();
  return {
    ...(await decidePacketFilter(families, kernel)),
    present: await whatIsThere(families),
  };
}

/** Reads the cluster once and translates it. Throws as `readCluster`. */
async function readDesired(
  options: PlanOptions,
  settings: Settings,
  log: Logger,
): Promise<DesiredRows> {
  const { desired, translator, virtualServers, boundAddresses } = await readCluster(
    options,
    settings,
    log,
  );
  return {
    virtualServers,
    boundAddresses,
    serviceOf: (key) => desired.serviceOf(key),
    portRangesOf: (key) => {
      if (virtualServers.get(key)?.virtualServer.id.kind !== 'fwmark') {
        return [];
      }
      const decisions = translator.decisionsOf(desired.serviceOf(key) ?? '') ?? [];
      const marks = marksOf(decisions).filter(({ id }) => formatVirtualServer(id) === key);
      return marks.flatMap(({ addresses }) => addresses);
    },
  };
}
