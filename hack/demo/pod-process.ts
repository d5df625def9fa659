import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';

/**
 * Starts a program of this folder in the network namespace of a Pod, and waits until it says
 * (with its first message) that it is ready.
 */
export async function startInPod(
  pod: string,
  program: string,
  args: readonly string[],
): Promise<ChildProcess> {
  const script = join(import.meta.dirname, `${program}${extname(import.meta.filename)}`);
  const command = ['netns', 'exec', pod, process.execPath, script, ...args];
  const child = spawn('ip', command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error(`${program} of the Pod ${pod} did not start`);
    }),
  ]);
  return child;
}
