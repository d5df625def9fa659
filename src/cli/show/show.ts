import { asError } from '../../base/as-error.ts';
import type { Logger } from '../../base/log.ts';
import { version } from '../../base/version.ts';
import type { Settings } from '../../config/load-settings.ts';
import { ServiceTranslator } from '../../desired/service-translator.ts';
import { ipFamilies } from '../../kernel/ip-families.ts';
import { packetFilterAtWork } from '../../kernel/packet-filter/decide-packet-filter.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { observeBoundAddresses, observeKernel } from '../observe-kernel.ts';
import { settingsOf } from '../open-source.ts';
import type { ShowOptions } from '../options.ts';
import { ClusterTables, readCluster, type ReadCluster } from '../read-cluster.ts';
import { DaemonClient } from './daemon-client.ts';
import { filterOf, isFiltered } from './filter.ts';
import { showJson } from './json.ts';
import { LocalNode } from './local-node.ts';
import { readAll, type ShownNode } from './shown-node.ts';
import { hasColours } from './terminal.ts';
import { usualDefaults } from '../../translate/annotations/annotation.ts';
import { showText } from './text.ts';
import { watch } from './watch.ts';
import { writeOut } from './write-out.ts';

/** Shows the virtual servers of this node with their Services, and what is wrong with them. */
export async function show(options: ShowOptions, log: Logger): Promise<ExitCode> {
  const node = await openNode(options, log);
  try {
    if (options.watch) {
      await watch(node, options, () => report(node, options));
    } else {
      await writeOut(report(node, options));
    }
    return exitCode.success;
  } finally {
    node.close();
  }
}

async function* report(node: ShownNode, options: ShowOptions): AsyncGenerator<string> {
  if (options.output === 'json') {
    yield* showJson(node, filterOf(options), await observeBoundAddresses());
    return;
  }
  yield showText(await readAll(node, filterOf(options)), {
    detail: options.output,
    withColours: hasColours(),
    isFiltered: isFiltered(options),
  });
}

/** The daemon knows more than the kernel shows: it is asked first. */
async function openNode(options: ShowOptions, log: Logger): Promise<ShownNode> {
  const settings = await settingsOrReason(options, log);
  const bound = 'reason' in settings ? undefined : settings.metricsBindAddress;
  if (options.daemon && bound !== undefined) {
    try {
      return await DaemonClient.connect(bound, version);
    } catch (error) {
      const { message } = asError(error);
      log.debug(`the daemon was not asked at ${bound.host} port ${bound.port}: ${message}`);
    }
  }
  // First: without IPVS there is no sense in waiting for the cluster.
  const observed = await observeKernel();
  const isDetailed = options.output !== 'table' || options.watch;
  const packetFilter =
    'reason' in settings ? null : await packetFilterAtWork(ipFamilies(), settings.kernel);
  const cluster = await clusterOrNone(options, settings, log);
  return new LocalNode(cluster, observed, packetFilter, isDetailed);
}

interface NoSettings {
  readonly reason: Error;
}

async function settingsOrReason(options: ShowOptions, log: Logger): Promise<Settings | NoSettings> {
  try {
    return await settingsOf(options, log);
  } catch (error) {
    return { reason: asError(error) };
  }
}

/** The table is worth showing without names too, when the cluster is out of reach. */
async function clusterOrNone(
  options: ShowOptions,
  settings: Settings | NoSettings,
  log: Logger,
): Promise<ReadCluster> {
  try {
    if ('reason' in settings) {
      throw settings.reason;
    }
    // What is wrong with Services is in the report.
    return await readCluster(options, settings, log, { serviceProblem: () => undefined });
  } catch (error) {
    const reason = asError(error).message;
    log.warn(`the cluster could not be read, so the names of the Services are left out: ${reason}`);
    return noCluster();
  }
}

function noCluster(): ReadCluster {
  const tables = new ClusterTables(usualDefaults);
  const translator = new ServiceTranslator(
    tables.store,
    tables.desired,
    {
      nodeName: '',
      nodePortAddresses: { kind: 'all' },
      translation: {
        ...usualDefaults,
        externalIPs: undefined,
        loadBalancerIPs: undefined,
        protectedRanges: [],
      },
    },
    { problem: () => undefined, mistake: () => undefined, healthCheck: () => undefined },
  );
  return tables.read(translator);
}
