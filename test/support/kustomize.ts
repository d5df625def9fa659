import { readFileSync } from 'node:fs';
import { renderedFile, type Overlay } from '../../hack/manifests/rendered.ts';
import { readObjects, type ManifestObject } from './deployed.ts';

/** What an overlay below config/overlays becomes: a test shows that the file is current. */
export function objectsOf(overlay: Overlay): readonly ManifestObject[] {
  return readObjects(readFileSync(renderedFile(overlay), 'utf8'));
}
