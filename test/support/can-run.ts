import { shell } from './kernel-state.ts';

/** Whether a command line works here: a kernel may lack the modules that a program needs. */
export function canRun(line: string): Promise<boolean> {
  return shell(line).then(
    () => true,
    () => false,
  );
}
