import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { FieldReader, ProblemLog } from '../../cluster/fields.ts';

/**
 * Address and credentials of the API server: from the file where one is given, else
 * from the Pod's service account, else from where kubectl takes them. Rejects when
 * the file cannot be read or there is nothing in it to use.
 */
export async function loadKubeConfig(file: string | undefined): Promise<KubeConfig> {
  // Loading the library takes a while, and working on manifests needs none of it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (file !== undefined) {
    loadFile(config, file);
    await addTokenFiles(config, file);
  } else if (process.env['KUBERNETES_SERVICE_HOST'] !== undefined) {
    config.loadFromCluster();
  } else {
    config.loadFromDefault();
  }
  if (config.getCurrentCluster() === null) {
    throw new Error(`no current context with a cluster: ${file ?? 'default kubeconfig'}`);
  }
  return config;
}

function loadFile(config: KubeConfig, file: string): void {
  try {
    config.loadFromFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the kubeconfig ${file} cannot be used: ${reason}`, { cause: error });
  }
}

/**
 * Adds the `tokenFile` of users, which KubeConfig passes over: the kubeconfig that
 * kubeadm writes for kube-proxy has its credentials there. As in client-go it goes
 * before a `token`, and is relative to the kubeconfig.
 */
async function addTokenFiles(config: KubeConfig, file: string): Promise<void> {
  const tokenFiles = readTokenFiles(await readFile(file, 'utf8'));
  config.users = config.users.map((user) => {
    const tokenFile = tokenFiles.get(user.name);
    if (tokenFile === undefined) {
      return user;
    }
    const { token: _replaced, ...others } = user;
    const path = resolve(dirname(file), tokenFile);
    return { ...others, authProvider: { name: 'tokenFile', config: { tokenFile: path } } };
  });
}

function readTokenFiles(text: string): ReadonlyMap<string, string> {
  const tokenFiles = new Map<string, string>();
  const parsed: unknown = parse(text);
  // KubeConfig has read the same text: what is odd in it is not for this place to report.
  const root = FieldReader.root(parsed, new ProblemLog('kubeconfig'));
  root?.list('users', (entry) => {
    const name = entry.string('name');
    const tokenFile = entry.object('user').string('tokenFile');
    if (name !== undefined && tokenFile !== undefined && tokenFile !== '') {
      tokenFiles.set(name, tokenFile);
    }
    return undefined;
  });
  return tokenFiles;
}
