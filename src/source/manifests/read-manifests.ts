import { ManifestFolder } from './manifest-folder.ts';
import type { MergedManifests } from './merge-manifests.ts';

/** Reads a folder of manifests once. Rejects when the folder cannot be read. */
export async function readManifests(
  folder: string,
  nodeName: string | undefined,
): Promise<MergedManifests> {
  const manifests = new ManifestFolder(folder);
  await manifests.scan('at once');
  return manifests.merged(nodeName);
}
