import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedPages } from './docs/pages.ts';

const root = new URL('../', import.meta.url);

/** Writes the pages that are made from the code; a unit test says whether they are current. */
for (const { path, text } of await generatedPages()) {
  writeFileSync(fileURLToPath(new URL(path, root)), text);
}
