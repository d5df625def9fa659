import { chmod, cp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { napiBinding } from './build/napi-binding.ts';
import { thirdPartyLicenses } from './build/third-party-licenses.ts';

/**
 * Builds dist/: the whole program as one file, which runs wherever the folder is copied to, with
 * the netlink binding of each supported architecture beside it.
 */
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const entry = join(root, 'src/main.ts');
const bundle = join(dist, 'kube-ipvs.js');
const architectures = ['x64', 'arm64'];

/** CommonJS packages inside an ES module need a `require` for Node's own modules. */
const banner = `#!/usr/bin/env node
import { createRequire as $createRequire } from 'node:module';
const require = $createRequire(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

async function bundleProgram(): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    // Names of error classes and functions appear in logs.
    keepNames: true,
    // Node prints the line of an uncaught error.
    lineLimit: 160,
    sourcemap: 'linked',
    legalComments: 'none',
    banner: { js: banner },
    plugins: [napiBinding(architectures)],
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

async function copyBindings(): Promise<void> {
  for (const architecture of architectures) {
    const folder = `prebuilds/linux-${architecture}`;
    await mkdir(join(dist, folder), { recursive: true });
    await cp(join(root, 'node_modules/netlink', folder), join(dist, folder), { recursive: true });
  }
}

async function main(): Promise<void> {
  await stat(entry).catch(() => {
    throw new Error('there is no src/main.ts to build');
  });
  await rm(dist, { recursive: true, force: true });
  const inputs = await bundleProgram();
  await chmod(bundle, 0o755);
  await copyBindings();
  await writeFile(join(dist, 'package.json'), '{ "type": "module" }\n');
  await writeFile(join(dist, 'THIRD-PARTY-LICENSES'), await thirdPartyLicenses(root, inputs));
  const { size } = await stat(bundle);
  console.log(`build: dist/kube-ipvs.js, ${String(Math.round(size / 1024))} KiB`);
}

try {
  await main();
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
