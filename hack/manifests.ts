import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { overlays, renderedFile, renderOverlay, withHeader } from './manifests/rendered.ts';

/** Writes the overlays as plain files; a unit test says whether they are current. */
for (const overlay of overlays) {
  const rendered = renderOverlay(overlay);
  if (rendered === undefined) {
    throw new Error('this needs kubectl 1.21 or later');
  }
  mkdirSync(dirname(renderedFile(overlay)), { recursive: true });
  writeFileSync(renderedFile(overlay), withHeader(overlay, rendered));
}
