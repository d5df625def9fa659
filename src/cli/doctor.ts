import {
  ConfigurationError,
  loadSettings,
  settingsFromText,
  type Settings,
} from '../config/load-settings.ts';
import type { ClusterReading, ConfigurationReading, NodeReaders } from '../doctor/readers.ts';
import { openApiReader } from '../doctor/readers/api-reader.ts';
import { openReaders, type GivenReadings } from '../doctor/readers/open-readers.ts';
import { checks } from '../doctor/registry.ts';
import { countFindings, runChecks, type CheckReport } from '../doctor/run-checks.ts';
import { readCluster } from './doctor-cluster.ts';
import { doctorJson, doctorText } from './doctor-report.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import type { DoctorOptions } from './options.ts';

/** Checks this node and says what is wrong with it; changes nothing. */
export async function doctor(options: DoctorOptions): Promise<ExitCode> {
  const { reports, nodeName } = await examine(options);
  const { isTTY, columns } = process.stdout;
  process.stdout.write(
    options.output === 'json'
      ? doctorJson(reports, nodeName)
      : doctorText(reports, nodeName, {
          isTerminal: isTTY && process.env['NO_COLOR'] === undefined,
          width: columns,
        }),
  );
  return doctorExitCode(reports, options.strict);
}

/** 1 for an error; where it is strict, for a warning too. Pure. */
export function doctorExitCode(reports: readonly CheckReport[], isStrict: boolean): ExitCode {
  const { error, warning } = countFindings(reports);
  return error > 0 || (isStrict && warning > 0) ? exitCode.failure : exitCode.success;
}

/** All checks of this node; `run` starts the programs of iptables. Never rejects for what it finds. */
export async function examine(
  options: DoctorOptions,
  run?: GivenReadings['run'],
): Promise<{ readonly reports: readonly CheckReport[]; readonly nodeName: string }> {
  const { settings, configuration } = await readConfiguration(options);
  const { kubeconfig, apiServer, nodeName } = settings;
  const opened = await openApiReader({
    kubeconfig,
    apiServer,
    manifests: options.manifests,
  });
  try {
    const { api } = opened;
    const readers = openReaders({
      settings,
      configuration,
      api,
      cluster: () => clusterOf(options, settings, api),
      ...(run === undefined ? {} : { run }),
    });
    return { reports: await runChecks(checks, readers), nodeName };
  } finally {
    opened.close();
  }
}

/** A wrong configuration is a finding: the other checks go on with the defaults. */
async function readConfiguration(options: DoctorOptions): Promise<{
  readonly settings: Settings;
  readonly configuration: ConfigurationReading;
}> {
  const withoutEffect: string[] = [];
  const unknown: string[] = [];
  const listener = {
    withoutEffect: (names: readonly string[]) => withoutEffect.push(...names),
    unknown: (message: string) => unknown.push(message),
  };
  const file = options.config;
  try {
    const settings = await loadSettings(options, listener);
    return { settings, configuration: { file, error: undefined, withoutEffect, unknown } };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) {
      throw error;
    }
    const { nodeName, kubeconfig, master } = options;
    const settings = settingsFromText(
      undefined,
      {
        ...(nodeName === undefined ? {} : { nodeName }),
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
        ...(master === undefined ? {} : { master }),
      },
      { withoutEffect: () => undefined, unknown: () => undefined },
    );
    return { settings, configuration: { file, error: error.message, withoutEffect, unknown } };
  }
}

/** The cluster is listed where its server answers, so that nobody waits for one that does not. */
async function clusterOf(
  options: DoctorOptions,
  settings: Settings,
  api: NodeReaders['api'],
): Promise<ClusterReading> {
  if (options.manifests === undefined) {
    if (api.kind === 'not asked') {
      return { kind: 'not asked', why: api.why };
    }
    const version = await api.version();
    if (version.kind === 'failed') {
      return { kind: 'failed', reason: version.reason };
    }
  }
  return readCluster(options, settings);
}
