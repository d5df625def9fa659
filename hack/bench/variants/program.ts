import { nodeName } from '../synthetic-cluster.ts';
import type { Measurement } from '../variant-names.ts';
import type { InputFolder } from './input.ts';
import { timeProgram } from './ipvsadm.ts';

/**
 * The built program from fork to exit: all of `everything`, the start of the process, and the
 * second audit by which `run --once` makes sure of the kernel.
 */
export function program({ program: file, manifests }: InputFolder): Promise<Measurement> {
  const { execPath } = process;
  const idle = timeProgram(execPath, [file, '--version'], undefined);
  const args = [file, 'run', '--once', '--manifests', manifests, '--node-name', nodeName];
  const ms = timeProgram(execPath, [...args, '--log-format', 'json'], undefined);
  return Promise.resolve({ ms, parts: { 'process start alone (kube-ipvs --version)': idle } });
}
