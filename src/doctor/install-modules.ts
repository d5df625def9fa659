import type { ModuleState } from './readers.ts';

/** What a kernel lacks as a module comes with a package of its distribution. */
export const installModules =
  'apt-get install linux-modules-extra-$(uname -r) || dnf install kernel-modules-$(uname -r)';

/** Where it says that a module is not to be loaded. */
export function findBlocking(module: string): string {
  return `grep -rn ${module} /etc/modprobe.d /run/modprobe.d /usr/lib/modprobe.d /lib/modprobe.d`;
}

/** Whether the kernel cannot have what a module brings. */
export function isLacking(state: ModuleState | undefined): boolean {
  return state === 'missing' || state === 'blocked';
}

/** The command that helps towards modules that are lacking: installing does not, where one is blocked. */
export function mendModules(
  names: readonly string[],
  states: ReadonlyMap<string, ModuleState>,
): string {
  const blocked = names.find((name) => states.get(name) === 'blocked');
  return blocked === undefined ? installModules : findBlocking(blocked);
}
