import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import { pageFiles } from '../../hack/build/page-files.ts';

export const root = join(import.meta.dirname, '../..');

/** Tests that kill the program after a certain message replace a method of this package. */
const netlinkStaysOutside: Plugin = {
  name: 'netlink stays outside',
  setup(build) {
    build.onResolve({ filter: /^netlink(\/|$)/ }, ({ path }) => ({
      path: import.meta.resolve(path),
      external: true,
    }));
  },
};

/** CommonJS packages inside an ES module need a `require` for Node's own modules. */
const banner = `import { createRequire as $createRequire } from 'node:module';
const require = $createRequire(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

/** How tests bundle what runs in a test kernel. Not minified, so that stacks can be read. */
export const bundleOptions = {
  absWorkingDir: root,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
  banner: { js: banner },
  plugins: [netlinkStaysOutside, pageFiles()],
} as const satisfies BuildOptions;
