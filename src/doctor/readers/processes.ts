import { join } from 'node:path';
import type { ProcessesReading, ProcessSeen } from '../readers.ts';
import { namesIn, readText } from './files.ts';

/** The second process of a kernel, which no container has. */
const kernelThreads = { pid: 2, name: 'kthreadd' };

/** The processes that are to be seen below a folder like /proc. */
export async function readProcesses(folder = '/proc'): Promise<ProcessesReading> {
  const processes: ProcessSeen[] = [];
  for (const pid of (await namesIn(folder)).filter((name) => /^\d+$/.test(name))) {
    const name = (await readText(join(folder, pid, 'comm')))?.trim();
    if (name !== undefined) {
      const words = (await readText(join(folder, pid, 'cmdline'))) ?? '';
      const commandLine = words.replaceAll('\0', ' ').trim();
      processes.push({ pid: Number(pid), name, commandLine });
    }
  }
  const seesHost = processes.some(
    ({ pid, name }) => pid === kernelThreads.pid && name === kernelThreads.name,
  );
  return { seesHost, processes };
}
