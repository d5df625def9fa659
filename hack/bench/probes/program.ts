import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startArguments } from '../../build/node-options.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { configuration } from './configuration.ts';
import { inputFiles } from './input.ts';
import { timeProgram } from './ipvsadm.ts';

/**
 * The built program from fork to exit: all of `everything`, the start of the process, and the
 * second audit by which `run --once` makes sure of the kernel.
 */
export function program({ folder, program: file }: ProbeInput): Promise<Reading> {
  const { manifests } = inputFiles(folder);
  const { execPath } = process;
  const started = startArguments(file);
  const idle = timeProgram(execPath, [...started, '--version'], undefined);
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(configuration));
  const args = [...started, 'run', '--once', '--manifests', manifests, '--config', config];
  const ms = timeProgram(execPath, [...args, '--log-format', 'json'], undefined);
  return Promise.resolve({ ms, 'process start alone (kube-ipvs --version)': idle });
}

/** The same twice: into an empty kernel, and with everything in place already, as after an update. */
export function programTwice({ folder, program: file }: ProbeInput): Promise<Reading> {
  const { manifests } = inputFiles(folder);
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(configuration));
  const once = ['run', '--once', '--manifests', manifests, '--config', config];
  const time = (args: readonly string[]) => timeProgram(process.execPath, args, undefined);
  return Promise.resolve({
    node: time(['-e', '0']),
    empty: time([...startArguments(file), ...once, '--log-format', 'json']),
    'in place': time([...startArguments(file), ...once, '--log-format', 'json']),
  });
}
