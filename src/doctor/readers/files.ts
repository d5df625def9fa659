import { constants } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { procSysFolder } from '../../kernel/sysctl/proc-sys.ts';

/** The text of a file; undefined where there is none. Rejects where it may not be read. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throwUnlessAbsent(error);
    return undefined;
  }
}

/** Whether there is such a file. */
export async function exists(path: string): Promise<boolean> {
  return isAccessible(path, constants.F_OK);
}

/** The names in a folder; none where there is no such folder. Rejects where it may not be read. */
export async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    throwUnlessAbsent(error);
    return [];
  }
}

/** A kernel setting, without the line feed at its end; undefined where the kernel has none. */
export async function readSysctl(path: string): Promise<string | undefined> {
  return (await readText(join('/proc/sys', path)))?.trim();
}

/** Whether this process could change a kernel setting where the daemon would: nothing is written. */
export async function maySetSysctl(
  path: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<boolean> {
  return isAccessible(join(procSysFolder(environment), path), constants.W_OK);
}

/** Whether a program of this name is in one of the folders of PATH. */
export async function isInstalled(
  name: string,
  path: string = process.env['PATH'] ?? '',
): Promise<boolean> {
  for (const folder of path.split(':')) {
    if (folder !== '' && (await isAccessible(join(folder, name), constants.X_OK))) {
      return true;
    }
  }
  return false;
}

async function isAccessible(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}

function throwUnlessAbsent(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // A process may end while it is looked at (ESRCH).
  if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ESRCH') {
    throw error;
  }
}
