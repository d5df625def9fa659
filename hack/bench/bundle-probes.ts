import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { pageFiles } from '../build/page-files.ts';
import { napiBinding } from '../build/napi-binding.ts';
import { nodeBundle } from '../build/node-bundle.ts';
import { loadGoldenCases } from '../../test/support/golden.ts';
import { goldenCaseOfRules } from './connection/rules.ts';
import { dist, goldenRulesFile } from './places.ts';

/**
 * Bundles the processes that measure into dist/, beside the built program and its netlink binding: in a
 * test kernel the start of a program of many files takes seconds, and this is what runs in production.
 * Not minified: a profile shows the names.
 */
const folder = import.meta.dirname;

const programs = {
  bench: 'probes/main.ts',
  'in-kernel': 'in-kernel.ts',
  start: 'start.ts',
  memory: 'memory.ts',
  'serve-cluster': 'serve-cluster.ts',
};

await build({
  ...nodeBundle,
  entryPoints: Object.entries(programs).map(([out, file]) => ({ in: join(folder, file), out })),
  outdir: join(folder, '../../dist'),
  // What an ES module knows of itself, in the words of this format.
  define: {
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
    'import.meta.main': 'bundleIsMain',
  },
  banner: { js: 'const bundleIsMain = require.main === module;' },
  legalComments: 'none',
  plugins: [napiBinding(['x64', 'arm64']), pageFiles()],
  logLevel: 'warning',
});

// The golden cases keep the rules beside what they compare.
const golden = loadGoldenCases()?.find(({ name }) => name === goldenCaseOfRules)?.expected;
const rules = (golden as { readonly iptables?: readonly string[] } | undefined)?.iptables;
rmSync(goldenRulesFile(dist), { force: true });
if (rules !== undefined) {
  writeFileSync(goldenRulesFile(dist), JSON.stringify(rules));
}
