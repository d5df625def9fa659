import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import { asError } from '../../base/as-error.ts';
import { FieldReader, isObject, ProblemLog } from '../../cluster/fields.ts';
import type { ServerUrl } from './api-server-addresses.ts';
import { proxyFor } from './proxy-environment.ts';
import { tokenFileAuthenticator, tokenFileOf, withTokenFile } from './token-file.ts';

type User = KubeConfig['users'][number];
type Cluster = KubeConfig['clusters'][number];

export interface KubeConfigOptions {
  /** A kubeconfig file; without one the Pod's service account, or kubectl's default. */
  readonly file: string | undefined;
  /**
   * The API server's address instead of the one found there: `https://10.0.0.5:6443`, or
   * without the scheme. The address that Pods are given is a cluster IP, which leads
   * nowhere before this very program has run.
   */
  readonly server?: string | undefined;
}

/**
 * Address and credentials of the API server: from the file where one is given, else
 * from the Pod's service account, else from where kubectl takes them. Rejects when
 * the file cannot be read or there is nothing in it to use.
 */
export async function loadKubeConfig(options: KubeConfigOptions): Promise<KubeConfig> {
  const { file } = options;
  // Loading the library takes a while, and working on manifests needs none of it. Its main module
  // would bring the whole generated API along, which is twenty times the size of this program.
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  config.addAuthenticator(tokenFileAuthenticator);
  let tokenFiles: ReadonlyMap<string, string> = new Map();
  if (file !== undefined) {
    loadFile(config, file);
    tokenFiles = readTokenFiles(await readFile(file, 'utf8'), dirname(file));
  } else if (process.env['KUBERNETES_SERVICE_HOST'] !== undefined) {
    config.loadFromCluster();
  } else {
    config.loadFromDefault();
  }
  if (config.getCurrentCluster() === null) {
    throw new Error(
      `the kubeconfig ${file ?? 'of kubectl (~/.kube/config)'} has no current context with a cluster`,
    );
  }
  const server = options.server === undefined ? undefined : serverUrl(options.server);
  config.users = config.users.map((user) => adaptUser(user, tokenFiles.get(user.name)));
  config.clusters = config.clusters.map((cluster) => adaptCluster(cluster, server));
  return config;
}

function loadFile(config: KubeConfig, file: string): void {
  try {
    config.loadFromFile(file);
  } catch (error) {
    const reason = asError(error).message;
    throw new Error(`the kubeconfig ${file} cannot be used: ${reason}`, { cause: error });
  }
}

/** `https://host:port`, also from `host:port`. Throws on what is no address of a server. */
export function serverUrl(text: string): string {
  const url = URL.parse(/^[a-z]+:\/\//.test(text) ? text : `https://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new Error(
      `the API server's address is ${JSON.stringify(text)}; must be like https://10.0.0.5:6443`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

/** `file`: the `tokenFile` of the user, which KubeConfig passes over. */
function adaptUser(user: User, file: string | undefined): User {
  const tokenFile = file ?? tokenFileOf(user);
  if (tokenFile !== undefined) {
    return withTokenFile(user, tokenFile);
  }
  const exec: unknown = user.exec;
  return isObject(exec) ? { ...user, exec: withExecInfo(exec) } : user;
}

/**
 * Tells an exec plugin which version of the API is spoken, in the variable that plugins
 * refuse to run without (as client-go does, for a caller that is no terminal).
 */
function withExecInfo(exec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { apiVersion, env } = exec;
  const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
  const variable = { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) };
  const others: readonly unknown[] = Array.isArray(env) ? env : [];
  return { ...exec, env: [variable, ...others] };
}

/** A proxy of the kubeconfig goes before those of the environment. */
function adaptCluster(cluster: Cluster, server: string | undefined): Cluster {
  const adapted = { ...cluster, server: server ?? cluster.server };
  if (adapted.proxyUrl !== undefined && adapted.proxyUrl !== '') {
    return adapted;
  }
  const proxyUrl = proxyFor(adapted.server, process.env);
  return proxyUrl === undefined ? adapted : { ...adapted, proxyUrl };
}

/**
 * The `tokenFile` of each user that has one: the kubeconfig that kubeadm writes for
 * kube-proxy has its credentials there. As in client-go it goes before a `token`, and
 * is relative to the kubeconfig.
 */
function readTokenFiles(text: string, folder: string): ReadonlyMap<string, string> {
  const tokenFiles = new Map<string, string>();
  if (!text.includes('tokenFile')) {
    return tokenFiles;
  }
  const parsed = load(text);
  // KubeConfig has read the same text: what is odd in it is not for this place to report.
  const root = FieldReader.root(parsed, new ProblemLog('kubeconfig'));
  root?.list('users', (entry) => {
    const name = entry.string('name');
    const tokenFile = entry.object('user').string('tokenFile');
    if (name !== undefined && tokenFile !== undefined && tokenFile !== '') {
      tokenFiles.set(name, resolve(folder, tokenFile));
    }
    return undefined;
  });
  return tokenFiles;
}

/** Where the requests go by a KubeConfig that was loaded with these options: its server, and a proxy. */
export function serverUrlsOf(config: KubeConfig, options: KubeConfigOptions): readonly ServerUrl[] {
  const { server, proxyUrl = '' } = config.getCurrentCluster() ?? { server: '' };
  const isConfigured =
    options.server !== undefined ||
    options.file !== undefined ||
    process.env['KUBERNETES_SERVICE_HOST'] === undefined;
  return [
    { url: server, isConfigured },
    ...(proxyUrl === '' ? [] : [{ url: proxyUrl, isConfigured: true }]),
  ];
}
