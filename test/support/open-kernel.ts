import { settingsFromText, type ConfigurationListener } from '../../src/config/load-settings.ts';
import type { KernelConfiguration } from '../../src/kernel/configuration.ts';
import { openKernel, type Kernel } from '../../src/app/kernel.ts';
import { IptablesError } from '../../src/kernel/packet-filter/iptables/iptables.ts';
import { endOfCommand } from './run-command.ts';

const noListener: ConfigurationListener = {
  withoutEffect: () => undefined,
  unknown: () => undefined,
};

/** What the program runs with on node-a when nobody configures anything. */
export const defaultSettings = settingsFromText(undefined, { nodeName: 'node-a' }, noListener);

/**
 * Opens the kernel that the test runs in. The programs of iptables are those of the program itself,
 * but a small shell starts them: under User Mode Linux a fork of this process costs three times as
 * much.
 */
export function openTestKernel(
  warn: (message: string) => void,
  settings: KernelConfiguration = defaultSettings,
): Promise<Kernel> {
  return openKernel(settings, { note: () => undefined, warn }, runIptables);
}

/** As `runProgram`, but for the time limit. */
export async function runIptables(
  program: string,
  args: readonly string[],
  input: string,
): Promise<string> {
  const { status, stdout, stderr } = await endOfCommand([program, ...args], input);
  if (status !== 0) {
    const failure = status === 127 ? 'missing' : 'refused';
    throw new IptablesError(`${program}: ${stderr.trim()}`, failure);
  }
  return stdout;
}
