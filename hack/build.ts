import { chmod, cp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { withoutGeneratedApi } from './build/client-node.ts';
import { deferredModules } from './build/deferred-modules.ts';
import { napiBinding } from './build/napi-binding.ts';
import { nodeBundle } from './build/node-bundle.ts';
import { firstLine } from './build/node-options.ts';
import { pageFiles } from './build/page-files.ts';
import { replacedModules } from './build/replaced-modules.ts';
import { thirdPartyLicenses } from './build/third-party-licenses.ts';

/**
 * Builds dist/: the program in kube-ipvs.js, with files for what that seldom needs, and the netlink
 * binding of each supported architecture. It runs wherever the folder is copied to.
 *
 *     node hack/build.ts [FOLDER]   (dist/ without one)
 */
const root = join(import.meta.dirname, '..');
const dist = resolve(root, process.argv[2] ?? 'dist');
const entry = join(root, 'src/main.ts');
const bundle = join(dist, 'kube-ipvs.js');
const architectures = ['x64', 'arm64'];

/** Not needed on the way to the first list, or only where a kubeconfig asks for them. */
const deferredPackages = [
  ...['hpagent', 'jsonpath-plus', 'openid-client', 'socks', 'socks-proxy-agent'],
  ...['pino-pretty', 'prom-client', 'yaml'],
];

const common: BuildOptions = {
  ...nodeBundle,
  absWorkingDir: root,
  // Names stay, which appear in logs: with keepNames each closure that is made would be given its own.
  minifySyntax: true,
  minifyWhitespace: true,
  // Node prints the line of an uncaught error.
  lineLimit: 160,
  sourcemap: 'linked',
  legalComments: 'none',
};

/** Modules of Node's own for which the same holds; with https come TLS and its tables. */
const deferredOfNode = ['assert', 'child_process', 'https', 'readline', 'tls'];

const deferred = [
  ...deferredPackages.map((name) => ({ name, loadedAs: `./packages/${name}.js` })),
  ...deferredOfNode.map((name) => ({ name, loadedAs: `node:${name}` })),
];

/** Answers the files that are in the bundle. */
async function bundleProgram(): Promise<readonly string[]> {
  const { metafile } = await build({
    ...common,
    entryPoints: [entry],
    outfile: bundle,
    banner: { js: firstLine },
    plugins: [
      napiBinding(architectures),
      withoutGeneratedApi(),
      replacedModules(),
      deferredModules(deferred),
      pageFiles(),
    ],
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

/** Answers the files that are in those of the packages. */
async function bundlePackages(): Promise<readonly string[]> {
  const { metafile } = await build({
    ...common,
    entryPoints: deferredPackages.map((name) => ({ in: name, out: name })),
    outdir: join(dist, 'packages'),
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
  const inputs = [...(await bundleProgram()), ...(await bundlePackages())];
  await chmod(bundle, 0o755);
  await copyBindings();
  await writeFile(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
  await writeFile(join(dist, 'THIRD-PARTY-LICENSES'), await thirdPartyLicenses(root, inputs));
  const { size } = await stat(bundle);
  console.log(`build: ${bundle}, ${String(Math.round(size / 1024))} KiB`);
}

try {
  await main();
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
