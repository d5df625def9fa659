import { join } from 'node:path';
import { build } from 'esbuild';
import { pageFiles } from '../build/page-files.ts';
import { napiBinding } from '../build/napi-binding.ts';
import { nodeBundle } from '../build/node-bundle.ts';

/**
 * Bundles the processes that measure into dist/bench.js, beside the built program and its netlink
 * binding: in the test kernel the start of a program of many files takes seconds, and this is what runs
 * in production. Not minified: a profile shows the names.
 */
const folder = import.meta.dirname;

await build({
  ...nodeBundle,
  entryPoints: [join(folder, 'probes/main.ts')],
  outfile: join(folder, '../../dist/bench.js'),
  legalComments: 'none',
  plugins: [napiBinding(['x64', 'arm64']), pageFiles()],
  logLevel: 'warning',
});
