import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of manifests for the length of a test, with a configuration beside it. */
export class TestFolder {
  readonly #path = mkdtempSync(join(tmpdir(), 'kube-ipvs-cli-'));
  readonly manifests = mkdtempSync(join(this.#path, 'manifests-'));

  /** Writes a manifest file at one stroke: nobody sees half of it. */
  write(name: string, content: string | readonly unknown[]): void {
    const text =
      typeof content === 'string'
        ? content
        : JSON.stringify({ apiVersion: 'v1', kind: 'List', items: content });
    const draft = join(this.#path, 'draft');
    writeFileSync(draft, text);
    renameSync(draft, join(this.manifests, name));
  }

  remove(name: string): void {
    rmSync(join(this.manifests, name));
  }

  /** Writes a KubeProxyConfiguration with these fields and answers the path of its file. */
  config(fields: Readonly<Record<string, unknown>>): string {
    const path = join(this.#path, 'config.yaml');
    const header = {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
    };
    writeFileSync(path, JSON.stringify({ ...header, ...fields }));
    return path;
  }

  delete(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}
