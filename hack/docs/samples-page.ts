import type { Settings } from '../../src/config/load-settings.ts';
import {
  loadSample,
  samples,
  type Loaded,
  type Sample,
} from '../../test/fixtures/config/samples.ts';
import { table } from './table.ts';

/** test/fixtures/config/README.md: what the samples of clusters' configurations become. */
export function samplesPage(): string {
  const loaded = samples.map((sample) => ({ sample, result: loadSample(sample) }));
  return `<!-- Made by \`npm run docs\`. -->

# Configurations of clusters, and what they become

Each file is a ConfigMap, or a DaemonSet with flags, as it stands in a cluster: the fields and values
that kubeadm and managed clouds write. The tests load them, and say what came of it.

${table(
  ['sample', 'from', 'flags besides', 'without effect', 'warnings'],
  loaded.map(({ sample, result }) => [
    sample.file,
    sample.key === undefined ? 'flags' : `key \`${sample.key}\``,
    sample.flags.map((flag) => `\`${flag}\``).join(' '),
    String(result.withoutEffect.length),
    String(result.warnings.length),
  ]),
)}
${loaded.map(({ sample, result }) => section(sample, result)).join('\n')}`;
}

function section({ file }: Sample, { settings, withoutEffect, warnings }: Loaded): string {
  return `
## ${file}

${table(['setting', 'value'], settingRows(settings))}

${withoutEffect.length === 0 ? 'Every field has an effect.' : `Without effect: ${withoutEffect.map((name) => `\`${name}\``).join(', ')}.`}
${warnings.map((warning) => `\n- warning: ${warning}`).join('')}
`;
}

function settingRows(settings: Settings): readonly (readonly [string, string])[] {
  const { healthzBindAddress, metricsBindAddress, nodePortAddresses, translation } = settings;
  return [
    ['node', settings.nodeName],
    ['kubeconfig', settings.kubeconfig ?? 'of the Pod'],
    ...(settings.apiServer === undefined ? [] : [['API server', settings.apiServer] as const]),
    ['scheduler', translation.scheduler],
    ['traffic of Pods', localText(settings)],
    ['masquerade', `bit ${settings.kernel.chains.masqueradeBit}`],
    ['strict ARP', String(settings.kernel.strictArp)],
    [
      'node ports',
      nodePortAddresses.kind === 'ranges'
        ? nodePortAddresses.ranges.join(' ')
        : nodePortAddresses.kind,
    ],
    ['conntrack', pairs(settings.conntrack)],
    ['IPVS timeouts', pairs(settings.ipvsTimeouts)],
    ['excluded', settings.excludeCIDRs.join(' ')],
    [
      'audit, least time between rounds',
      `${settings.auditEveryMs} ms, ${settings.minSyncPeriodMs} ms`,
    ],
    ['health', bindText(healthzBindAddress)],
    ['metrics', bindText(metricsBindAddress)],
    ['OOM score', String(settings.oomScoreAdj)],
    ['log of the file', settings.logLevel],
    [
      'draining',
      translation.drainTimeoutMs === undefined ? 'no limit' : `${translation.drainTimeoutMs} ms`,
    ],
    ['external IPs from', translation.externalIPs?.join(' ') ?? 'anywhere'],
  ];
}

function localText({ localDetection }: Settings): string {
  switch (localDetection.kind) {
    case 'ranges':
      return `from ${localDetection.ranges.join(' ')}`;
    case 'interface':
      return `from ${localDetection.name}`;
    case 'interface prefix':
      return `from ${localDetection.prefix}*`;
    case 'node ranges':
      return 'from podCIDRs of the Node';
    case 'none':
      return 'not told apart';
  }
}

function bindText(address: Settings['healthzBindAddress']): string {
  return address === undefined ? 'no server' : `${address.host} port ${address.port}`;
}

function pairs(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}
