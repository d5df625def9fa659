import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inputFiles } from './probes/input.ts';
import { clusterManifest, restoreText, type ClusterSize } from './synthetic-cluster.ts';

/** Writes what probes of a first sync start from (`inputFiles`) into a folder, which it makes. */
export function writeInputFiles(folder: string, size: ClusterSize): void {
  const { restoreFile, manifests } = inputFiles(folder);
  mkdirSync(manifests, { recursive: true });
  writeFileSync(restoreFile, restoreText(size));
  writeFileSync(join(manifests, 'cluster.json'), JSON.stringify(clusterManifest(size)));
}
