import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A setting of IPVS in this network namespace that has the wrong value, and cannot be changed. */
export class SysctlError extends Error {
  override readonly name = 'SysctlError';
}

const kernelFolder = '/proc/sys/net/ipv4/vs';

/** What draining needs (Documentation/networking/ipvs-sysctl.rst); kube-proxy sets the same. */
const wanted = {
  /** Else packets of a connection whose real server is gone are dropped, and its client waits. */
  expire_nodest_conn: '1',
  /** Else session affinity leads new connections to a real server that drains. */
  expire_quiescent_template: '1',
} as const;

/**
 * Brings the settings to the values that draining needs. Answers for each that could not be
 * brought there why not.
 */
export async function setSysctls(folder = kernelFolder): Promise<readonly SysctlError[]> {
  const errors = await Promise.all(
    Object.entries(wanted).map(([name, value]) => setSysctl(join(folder, name), name, value)),
  );
  return errors.filter((error) => error !== undefined);
}

async function setSysctl(
  path: string,
  name: string,
  value: string,
): Promise<SysctlError | undefined> {
  try {
    // A container often has /proc/sys read-only, and a node that is set up by others needs no write.
    if ((await readFile(path, 'latin1')).trim() !== value) {
      await writeFile(path, value);
    }
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return new SysctlError(
      `net.ipv4.vs.${name} must be ${value} and could not be set: ${reason}; set it on the node`,
      { cause: error },
    );
  }
}
