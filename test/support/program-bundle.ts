import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build as bundle } from 'esbuild';
import { bundleOptions } from './bundle-options.ts';

/** The program as it is in a folder: what Node runs, and what it has compiled of that. */
export interface ProgramBundle {
  readonly file: string;
  /** For NODE_COMPILE_CACHE. */
  readonly compileCache: string;
}

let shared: Promise<NodeJS.ProcessEnv> | undefined;

/**
 * The environment for a test kernel in which `node "$KUBE_IPVS_TEST_PROGRAM"` is the program. Where
 * hack/test has not bundled it, it is when it is first wanted, and gone when this process ends.
 */
export function environmentOfBundle(): Promise<NodeJS.ProcessEnv> {
  shared ??= makeEnvironment();
  return shared;
}

async function makeEnvironment(): Promise<NodeJS.ProcessEnv> {
  const bundled = process.env['KUBE_IPVS_TEST_PROGRAM'];
  if (bundled !== undefined) {
    return { ...process.env, NODE_COMPILE_CACHE: cacheOf(dirname(bundled)) };
  }
  const folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-program-'));
  process.on('exit', () => {
    rmSync(folder, { recursive: true });
  });
  const { file, compileCache } = await bundleProgram(folder);
  return { ...process.env, KUBE_IPVS_TEST_PROGRAM: file, NODE_COMPILE_CACHE: compileCache };
}

/**
 * Bundles the program into a folder, for tests that start it in a test kernel: where files are slow
 * to open, it starts from a few of them in a quarter of the time.
 */
export async function bundleProgram(folder: string): Promise<ProgramBundle> {
  const file = join(folder, 'main.mjs');
  const compileCache = cacheOf(folder);
  await bundle({ ...bundleOptions, entryPoints: ['src/main.ts'], outdir: folder });
  await fillCache(file, folder, compileCache);
  return { file, compileCache };
}

function cacheOf(folder: string): string {
  return join(folder, 'compile-cache');
}

/** With a command that needs no kernel. */
async function fillCache(file: string, folder: string, compileCache: string): Promise<void> {
  const manifests = join(folder, 'manifests');
  await mkdir(manifests, { recursive: true });
  const { status, stderr } = spawnSync(process.execPath, [file, 'plan', '--manifests', manifests], {
    encoding: 'utf8',
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  if (status !== 0) {
    throw new Error(`the bundle does not run: ${stderr}`);
  }
}
