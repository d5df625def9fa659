import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { configFolder, readObjects, type ManifestObject } from './deployed.ts';

export const overlays = ['kubeadm', 'managed', 'standalone'] as const;
export type Overlay = (typeof overlays)[number];

/**
 * What an overlay below config/overlays becomes. Undefined where this machine's kubectl is older
 * than 1.21, whose kustomize knows no components.
 */
export function renderOverlay(overlay: Overlay): readonly ManifestObject[] | undefined {
  const folder = join(configFolder, 'overlays', overlay);
  if (!rendered.has(overlay)) {
    rendered.set(overlay, renderFolder(folder));
  }
  const text = rendered.get(overlay);
  return text === undefined ? undefined : readObjects(text);
}

/** Each takes a fifth of a second. */
const rendered = new Map<Overlay, string | undefined>();

function renderFolder(folder: string): string | undefined {
  const { status, stdout, stderr, error } = spawnSync('kubectl', ['kustomize', folder], {
    encoding: 'utf8',
  });
  if (error !== undefined) {
    throw error;
  }
  if (status !== 0) {
    if (stderr.includes('unknown field "components"')) {
      return undefined;
    }
    throw new Error(`kubectl kustomize ${folder}: ${stderr}`);
  }
  return stdout;
}
