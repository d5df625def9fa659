import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const overlays = ['kubeadm', 'managed', 'standalone'] as const;
export type Overlay = (typeof overlays)[number];

const configFolder = join(import.meta.dirname, '../../config');

/** The overlay as one plain file, which is kept beside it. */
export function renderedFile(overlay: Overlay): string {
  return join(configFolder, 'rendered', `${overlay}.yaml`);
}

/** A digest of all that an overlay is made from. */
export function digestOfSources(overlay: Overlay): string {
  const hash = createHash('sha256');
  const patterns = ['base/*', 'components/*/*', `overlays/${overlay}/*`];
  for (const file of globSync(patterns, { cwd: configFolder }).toSorted()) {
    hash.update(`${file}\n${readFileSync(join(configFolder, file), 'utf8')}\n`);
  }
  return hash.digest('hex');
}

/** What kustomize makes of an overlay; undefined with a kubectl before 1.21. */
export function renderOverlay(overlay: Overlay): string | undefined {
  const folder = join(configFolder, 'overlays', overlay);
  const { status, stdout, stderr, error } = spawnSync('kubectl', ['kustomize', folder], {
    encoding: 'utf8',
  });
  if (error !== undefined) {
    throw error;
  }
  if (status === 0) {
    return stdout;
  }
  if (stderr.includes('unknown field "components"')) {
    return undefined;
  }
  throw new Error(`kubectl kustomize ${folder}: ${stderr}`);
}

/** The text of the file, with where it comes from. */
export function withHeader(overlay: Overlay, rendered: string): string {
  return `# config/overlays/${overlay} as one plain file. Made by \`npm run manifests\`: do not edit it.
# sources: ${digestOfSources(overlay)}
${rendered}`;
}
