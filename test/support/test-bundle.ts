import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build as bundle, type Plugin } from 'esbuild';
import { bundleOptions, root } from './bundle-options.ts';

/** What tests find by their own place stays where it is. */
const placesStay: Plugin = {
  name: 'places stay',
  setup(build) {
    build.onLoad({ filter: /\/test\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return {
        contents: source.replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
        loader: 'ts',
      };
    });
  },
};

/**
 * Bundles test files with all that they import into a folder, for a test kernel where a file takes tens of
 * milliseconds to open, and tests would open two thousand. `test/modern/a.test.ts` becomes
 * `test/modern/a.test.mjs` in there.
 */
export async function bundleTests(folder: string, files: readonly string[]): Promise<void> {
  await bundle({
    ...bundleOptions,
    entryPoints: files.map((file) => join(root, file)),
    outbase: root,
    outdir: folder,
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [placesStay, ...bundleOptions.plugins],
  });
}
