import assert from 'node:assert/strict';
import type { Check } from '../../src/doctor/check.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import type {
  ApiReader,
  ClusterRead,
  ClusterVip,
  ModuleState,
  NodeReaders,
  Permission,
  PermissionReading,
} from '../../src/doctor/readers.ts';
import type { ServedReading } from '../../src/kernel/takeover/readings.ts';
import { settingsFromText, type Settings } from '../../src/config/load-settings.ts';
import type { ListedVirtualServer } from '../../src/kernel/ipvs/read-table.ts';
import { schedulers } from '../../src/kernel/ipvs/schedulers.ts';
import { conntrackSysctls } from '../../src/kernel/sysctl/conntrack.ts';
import { requiredSysctls } from '../../src/kernel/sysctl/settings.ts';
import type { KernelAddress, KernelLink } from '../../src/kernel/vip-link/messages.ts';
import { ip } from './cluster-objects.ts';

/** Settings of node-a with some fields of the configuration. */
export function settingsWith(fields: Readonly<Record<string, unknown>> = {}): Settings {
  const configuration = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clusterCIDR: '10.244.0.0/16',
    oomScoreAdj: 0,
    ...fields,
  };
  const listener = { withoutEffect: () => undefined, unknown: () => undefined };
  return settingsFromText(JSON.stringify(configuration), { nodeName: 'node-a' }, listener);
}

const release = '6.1.176';
const cores = 2;

export const closed: ServedReading = { kind: 'closed', reason: 'connect ECONNREFUSED' };

export function answered(body: string | object, status = 200): ServedReading {
  return { kind: 'answered', status, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** What a kube-ipvs that is well answers, by path. */
export const wellServed: Readonly<Record<string, ServedReading>> = {
  '/readyz': answered({ lastUpdated: '2026-01-01T00:00:00Z', waitingFor: [] }),
  '/livez': answered({ lastUpdated: '2026-01-01T00:00:00Z' }),
  '/healthz': answered({ lastUpdated: '2026-01-01T00:00:00Z', nodeEligible: true }),
  '/metrics': answered('kube_ipvs_kernel_changes_total 3\n'),
  '/proxyMode': answered('ipvs'),
};

/** What a kube-proxy answers. */
export const kubeProxyServed: Readonly<Record<string, ServedReading>> = {
  '/readyz': answered('404 page not found', 404),
  '/livez': answered({ lastUpdated: '2026-01-01T00:00:00Z' }),
  '/healthz': answered({ lastUpdated: '2026-01-01T00:00:00Z', nodeEligible: true }),
  '/metrics': answered('kubeproxy_sync_proxy_rules_iptables_total 3\n'),
  '/proxyMode': answered('iptables'),
};

/** A reader of who serves, by path; what is not named is closed. */
export function serving(
  answers: Readonly<Record<string, ServedReading>>,
): Pick<NodeReaders, 'served'> {
  return { served: (_endpoint, path) => Promise.resolve(answers[path] ?? closed) };
}

/** A cluster that was read, with one Service that is served as it says. */
export function clusterWith(parts: Partial<ClusterRead> = {}): Pick<NodeReaders, 'cluster'> {
  const cluster: ClusterRead = {
    kind: 'read',
    services: 1,
    hasNode: true,
    problems: [],
    mistakes: [],
    schedulers: new Map([['rr', 'default/web']]),
    vips: [vip('10.96.0.10')],
    serviceOf: () => undefined,
    serviceAt: (text) => (text === '10.96.0.10' ? 'default/web' : undefined),
    otherHostAt: () => undefined,
    ...parts,
  };
  return { cluster: () => Promise.resolve(cluster) };
}

export function vip(address: string, kind: ClusterVip['kind'] = 'cluster IP'): ClusterVip {
  return { address: ip(address), service: 'default/web', kind };
}

/** All modules are loaded, but for some. */
export function modulesBut(
  states: Readonly<Record<string, ModuleState>>,
): Pick<NodeReaders, 'module'> {
  return { module: (name) => Promise.resolve(states[name] ?? 'present') };
}

/** Kernel settings as kube-ipvs wants them, and others. */
export function sysctlsWith(
  others: Readonly<Record<string, string | undefined>>,
): Pick<NodeReaders, 'sysctl'> {
  const settings = settingsWith();
  const wanted = [
    ...requiredSysctls({ strictArp: false, kernelRelease: release }),
    ...conntrackSysctls(settings.conntrack, cores),
  ];
  const all: Readonly<Record<string, string | undefined>> = {
    ...Object.fromEntries(wanted.map(({ path, value }) => [path, value])),
    ...others,
  };
  return { sysctl: (path) => Promise.resolve(all[path]) };
}

/** Texts of files, by their paths; there are no others. */
export function filesWith(
  texts: Readonly<Record<string, string>>,
): Pick<NodeReaders, 'file' | 'exists'> {
  return {
    file: (path) => Promise.resolve(texts[path]),
    exists: (path) => Promise.resolve(path in texts),
  };
}

/** Processes by their names, of the whole node or of a container. */
export function processesNamed(
  names: readonly string[],
  seesHost = true,
): Pick<NodeReaders, 'processes'> {
  const processes = names.map((name, index) => ({
    pid: index + 100,
    name: name.slice(0, 15),
    commandLine: name,
  }));
  return { processes: () => Promise.resolve({ seesHost, processes }) };
}

export function link(index: number, name: string, kind?: string): KernelLink {
  return { index, name, kind, alias: undefined, up: true };
}

export function address(linkIndex: number, text: string, prefixLength = 24): KernelAddress {
  return {
    linkIndex,
    address: ip(text),
    prefixLength,
    metric: 0,
    deprecated: false,
    permanent: true,
  };
}

/** Links with their addresses. */
export function network(
  links: readonly KernelLink[],
  addresses: readonly KernelAddress[],
): Pick<NodeReaders, 'links' | 'addresses'> {
  return { links: () => Promise.resolve(links), addresses: () => Promise.resolve(addresses) };
}

/** The rules of one program; the others hold none. */
export function rulesOf(program: string, text: string): Pick<NodeReaders, 'rules'> {
  return {
    rules: (family, variant) =>
      Promise.resolve({
        kind: 'rules',
        text: `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}` === program ? text : '',
      }),
  };
}

export function virtualServers(
  ...listed: readonly ListedVirtualServer[]
): Pick<NodeReaders, 'virtualServers'> {
  const rows = listed.map((each, index) => [String(index), each] as const);
  return { virtualServers: () => Promise.resolve(new Map(rows)) };
}

/** An API server that allows everything; times in milliseconds. */
export function apiWith(
  parts: {
    readonly serverTimeMs?: number;
    readonly user?: string | undefined;
    readonly may?: (permission: Permission) => PermissionReading;
  } = {},
): { readonly api: ApiReader } {
  const { serverTimeMs = 1_000_000, may = (): PermissionReading => ({ kind: 'allowed' }) } = parts;
  const user = 'user' in parts ? parts.user : 'system:serviceaccount:kube-system:kube-ipvs';
  return {
    api: {
      kind: 'asked',
      server: 'https://192.0.2.1:6443',
      version: () =>
        Promise.resolve({
          kind: 'answered',
          version: 'v1.36.0',
          serverTimeMs,
          ourTimeMs: 1_000_500,
          tookMs: 10,
        }),
      userName: () => Promise.resolve(user),
      may: (permission) => Promise.resolve(may(permission)),
    },
  };
}

/** An API server that does not answer. */
export const apiDown: { readonly api: ApiReader } = {
  api: {
    kind: 'asked',
    server: 'https://192.0.2.1:6443',
    version: () => Promise.resolve({ kind: 'failed', reason: 'no connection within 2 s' }),
    userName: () => Promise.reject(new Error('it was asked though it does not answer')),
    may: () => Promise.reject(new Error('it was asked though it does not answer')),
  },
};

export const apiNotAsked: { readonly api: ApiReader } = {
  api: { kind: 'not asked', why: 'the cluster is read from files (--manifests)' },
};

/** A node that is well, with kube-ipvs at work; a test says what is different. */
export function wellNode(different: Partial<NodeReaders> = {}): NodeReaders {
  return {
    machine: { release, cores },
    settings: settingsWith(),
    configuration: { file: 'config.conf', error: undefined, withoutEffect: [], unknown: [] },
    families: ['IPv4', 'IPv6'],
    ...filesWith({
      '/proc/net/ip_vs': 'IP Virtual Server version 1.2.1 (size=4096)\n',
      '/proc/self/status': 'Name:\tnode\nCapEff:\t000001ffffffffff\n',
      '/proc/self/oom_score_adj': '0\n',
      '/sys/class/net/eth0/mtu': '1500\n',
    }),
    ...sysctlsWith({ 'net/netfilter/nf_conntrack_count': '100' }),
    maySet: () => Promise.resolve(true),
    ...modulesBut({}),
    program: () => Promise.resolve(true),
    ...network([link(1, 'lo'), link(2, 'eth0')], [address(2, '192.0.2.10')]),
    ...virtualServers(),
    ipvsLeftovers: () => Promise.resolve({ virtualServers: [], boundAddresses: [] }),
    setNames: () => Promise.resolve(new Set<string>()),
    rules: () => Promise.resolve({ kind: 'rules', text: '' }),
    nftTables: () => Promise.resolve([]),
    nftBaseChains: () => Promise.resolve([]),
    ...processesNamed(['systemd', 'kubelet']),
    ...clusterWith(),
    ...apiWith(),
    ...serving(wellServed),
    ...different,
  };
}

/** What a check finds on a node that is well but for some readers. */
export async function findingsOf(
  check: Check,
  different: Partial<NodeReaders> = {},
): Promise<readonly Finding[]> {
  const findings = await check.run(wellNode(different));
  assert.notEqual(findings.length, 0, 'a check says that all is well, too');
  return findings;
}

/** The kinds of what it finds; `ok` where all is well. */
export async function kindsFound(
  check: Check,
  different: Partial<NodeReaders> = {},
): Promise<readonly string[]> {
  return (await findingsOf(check, different)).map(({ kind }) => kind);
}

/** The states of all schedulers' modules. */
export function schedulerModules(state: ModuleState): Readonly<Record<string, ModuleState>> {
  return Object.fromEntries(schedulers.map((name) => [`ip_vs_${name}`, state]));
}
