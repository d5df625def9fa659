import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';
import { pageFileNames } from '../../src/serve/status/page-files.ts';

/** Puts the text of the status page's files into a bundle, in place of what reads them from a folder. */
export function pageFiles(): Plugin {
  return {
    name: 'page files',
    setup(build) {
      build.onLoad({ filter: /\/serve\/status\/page-files\.ts$/ }, async ({ path }) => {
        const folder = join(dirname(path), 'page');
        const files = await Promise.all(
          pageFileNames.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]),
        );
        const contents = `export function readPageFiles() { return new Map(${JSON.stringify(files)}); }`;
        const watchFiles = pageFileNames.map((name) => join(folder, name));
        return { contents, loader: 'js', watchFiles };
      });
    },
  };
}
