import { join } from 'node:path';
import { build } from 'esbuild';
import { napiBinding } from '../build/napi-binding.ts';

/**
 * Bundles the processes that measure into dist/bench-probes.mjs, beside the built program and its
 * netlink binding: in the test kernel the start of a program of many files takes seconds, and code
 * in one file is what runs in production. Not minified: a profile shows the names.
 */
const dist = join(import.meta.dirname, '../../dist');

await build({
  entryPoints: [join(import.meta.dirname, 'probes/main.ts')],
  outfile: join(dist, 'bench-probes.mjs'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  legalComments: 'none',
  banner: {
    js: `import { createRequire as $createRequire } from 'node:module';
const require = $createRequire(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`,
  },
  plugins: [napiBinding(['x64', 'arm64'])],
  logLevel: 'warning',
});
