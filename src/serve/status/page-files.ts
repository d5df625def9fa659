import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of the status page, by the name under which they are served. */
export type PageFiles = ReadonlyMap<string, string>;

export const pageFileNames = [
  'index.html',
  'icon.svg',
  'style.css',
  'api.js',
  'details.js',
  'dom.js',
  'explain.js',
  'format.js',
  'history.js',
  'lists.js',
  'main.js',
  'place.js',
  'service-card.js',
  'states.js',
] as const;

/** Beside this file, where the program runs from its sources; a bundle has their text (hack/build/page-files.ts). */
export function readPageFiles(): PageFiles {
  const folder = join(import.meta.dirname, 'page');
  return new Map(pageFileNames.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
