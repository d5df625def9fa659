import { readFile } from 'node:fs/promises';
import { effectiveCapabilities, type Capability } from './capabilities.ts';

/** Whether this process has a capability; where the kernel does not say, it has. */
export async function hasCapability(name: Capability): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'latin1').catch(() => '');
  return effectiveCapabilities(status)?.has(name) !== false;
}
