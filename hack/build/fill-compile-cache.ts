import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Script } from 'node:vm';
import { installFakeNetlink } from './fake-netlink.ts';
import { netlinkProtocol } from '../../src/kernel/netlink/protocol.ts';
import { nodeOptionsOf } from './node-options.ts';
import { rehearsalServer } from './rehearsal-cluster.ts';

/**
 * Keeps what V8 compiles of the program beside this file, for a start to take that instead of
 * compiling the text again. The program runs for it as on a node: with a small cluster, and a kernel
 * that takes whatever it is told, so that also what is only called in a first sync or at a change is
 * compiled. It serves the Node.js alone that it was made with: the same version, architecture and
 * options; another one passes it over.
 *
 *     fill-compile-cache.js                       (fills the cache)
 *     fill-compile-cache.js rehearse START ARGS   (runs a program so, and keeps what was compiled)
 */
const program = join(__dirname, 'kube-ipvs.js');
const cache = join(__dirname, 'compile-cache');
/** Besides those that a first sync has need of: what `run` loads seldom. */
const packages = ['prom-client', 'js-yaml', 'yaml'];
/** A program that has not ended by then is ended; where another machine is emulated it takes long. */
const patienceMs = 120_000;

async function fill(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-compile-cache.'));
  let child: ChildProcess | undefined;
  const server = rehearsalServer(() => child?.kill('SIGTERM')).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    rmSync(cache, { recursive: true, force: true });
    // The program uses a cache where there is a folder for it, and makes none.
    mkdirSync(cache);
    // A server that listens on TCP has an address of this type.
    const { port } = server.address() as AddressInfo;
    const args = ['run', ...inputs(folder, `http://127.0.0.1:${port}`)];
    child = start([__filename, 'rehearse', program, ...args], folder);
    await ended(child);
    await ended(start(['-e', loadPackages], folder));
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  }
}

const loadPackages = [
  `require('node:module').enableCompileCache(${JSON.stringify({ directory: cache, portable: true })})`,
  ...packages.map((name) => `require(${JSON.stringify(join(__dirname, 'packages', name))})`),
].join(';');

/** Without programs to run, and without the settings of the kernel. */
function start(args: readonly string[], folder: string): ChildProcess {
  return spawn(process.execPath, [...nodeOptionsOf(program), ...args], {
    env: { PATH: folder, KUBE_IPVS_PROC_SYS: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: patienceMs,
    // At any other signal the program ends as if all were well.
    killSignal: 'SIGKILL',
  });
}

/** Rejects where the program fails. */
async function ended(child: ChildProcess): Promise<void> {
  let told = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]; // as documented
  if (code !== 0) {
    throw new Error(`the rehearsal ended with ${code ?? signal ?? 'nothing'}: ${told}`);
  }
}

function inputs(folder: string, server: string): readonly string[] {
  const kubeconfig = join(folder, 'kubeconfig');
  const config = join(folder, 'config');
  writeFileSync(kubeconfig, kubeConfigText(server));
  writeFileSync(config, configText(kubeconfig));
  return [`--config=${config}`, '--node-name=node'];
}

function kubeConfigText(server: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: default
  cluster: { server: "${server}", insecure-skip-tls-verify: true }
contexts:
- name: default
  context: { cluster: default, user: default }
current-context: default
users:
- name: default
  user: { token: none }
`;
}

/** Nothing listens: port 0 is no server. */
function configText(kubeconfig: string): string {
  return `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ipvs
healthzBindAddress: 127.0.0.1:0
metricsBindAddress: 127.0.0.1:0
clientConnection:
  kubeconfig: ${kubeconfig}
`;
}

/** What a start file exports (start.cjs). */
interface StartFile {
  readonly started: { readonly name: string; readonly script: Script };
}

/** Runs a program of this folder in this process, and keeps what V8 has compiled of it at the end. */
function rehearse(startFile: string, args: readonly string[]): void {
  const filled = installFakeNetlink();
  process.argv = [process.execPath, startFile, ...args];
  // The program begins to run here.
  const { started } = createRequire(__filename)(startFile) as StartFile;
  process.on('exit', (code) => {
    // An error that is thrown here would leave it at success.
    process.exitCode = 1;
    if (filled.size < Object.keys(netlinkProtocol).length) {
      throw new Error('not all of real servers, set entries and addresses were written');
    }
    const { name, script } = started;
    const text = readFileSync(join(__dirname, `${name}.js`));
    writeFileSync(join(cache, name), Buffer.concat([text, script.createCachedData()]));
    process.exitCode = code;
  });
}

const [mode, startFile, ...args] = process.argv.slice(2);
if (mode === 'rehearse' && startFile !== undefined) {
  rehearse(startFile, args);
} else {
  fill().catch((error: unknown) => {
    console.error('fill-compile-cache:', error);
    process.exitCode = 1;
  });
}
