import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { napiBinding } from '../build/napi-binding.ts';
import { nodeOptionsOf } from '../build/node-options.ts';
import { programText } from '../build/program-text.ts';
import type { ProbeInput } from './probe-names.ts';
import { writeInputFiles } from './input-files.ts';

/**
 * Bundles the processes that measure into dist/bench-probes.js, beside the built program and its
 * netlink binding, with a start file and compiled code as the program has them: in the test kernel the
 * start of a program of many files takes seconds, and this is what runs in production. Not minified: a
 * profile shows the names.
 */
const dist = join(import.meta.dirname, '../../dist');
const program = join(dist, 'kube-ipvs.js');
const start = join(dist, 'bench.js');
const name = 'bench-probes';
/** Enough for all that is called often to be called. */
const rehearsed = { services: 100, endpoints: 5, changes: 50 } as const;

await build({
  entryPoints: [join(import.meta.dirname, 'probes/main.ts')],
  outfile: join(dist, `${name}.js`),
  ...programText,
  legalComments: 'none',
  plugins: [napiBinding(['x64', 'arm64'])],
  logLevel: 'warning',
});
writeFileSync(start, readFileSync(program, 'utf8').replace("'program'", `'${name}'`));

const folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-rehearsal.'));
try {
  writeInputFiles(folder, rehearsed);
  const input: ProbeInput = { ...rehearsed, folder, program };
  const fill = join(dist, 'fill-compile-cache.js');
  const args = [fill, 'rehearse', start, 'rehearsal', JSON.stringify(input)];
  execFileSync(process.execPath, [...nodeOptionsOf(program), ...args], {
    env: { PATH: folder },
    stdio: 'pipe',
  });
} finally {
  rmSync(folder, { recursive: true });
}
