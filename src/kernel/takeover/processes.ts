import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessesReading, ProcessSeen } from './readings.ts';

/** The second process of a kernel, which no container has. */
const kernelThreads = { pid: 2, name: 'kthreadd' };

/** The processes that are to be seen below a folder like /proc. */
export async function readProcesses(folder = '/proc'): Promise<ProcessesReading> {
  const processes: ProcessSeen[] = [];
  for (const pid of (await readdir(folder)).filter((name) => /^\d+$/.test(name))) {
    const name = (await textOf(join(folder, pid, 'comm')))?.trim();
    if (name !== undefined) {
      const words = (await textOf(join(folder, pid, 'cmdline'))) ?? '';
      const commandLine = words.replaceAll('\0', ' ').trim();
      processes.push({ pid: Number(pid), name, commandLine });
    }
  }
  const seesHost = processes.some(
    ({ pid, name }) => pid === kernelThreads.pid && name === kernelThreads.name,
  );
  return { seesHost, processes };
}

/** Undefined of a process that has ended, or that may not be looked at. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
