import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for a measurement; whoever measures removes it. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'kube-ipvs-bench.'));
}

/** Writes a kubeconfig for a server with a token, as a node has one. Answers the file. */
export function writeKubeConfig(folder: string, server: string): string {
  const file = join(folder, 'kubeconfig');
  // JSON is YAML.
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'bench', user: { token: 'secret' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
