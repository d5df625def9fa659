/**
 * Where the kernel's settings can be written. In a container that is not privileged /proc/sys is
 * read-only and nothing may be mounted below /proc, so that the node's own has to be mounted
 * elsewhere; KUBE_IPVS_PROC_SYS says where. Pure.
 */
export function procSysFolder(environment: NodeJS.ProcessEnv): string {
  const folder = environment['KUBE_IPVS_PROC_SYS'];
  return folder === undefined || folder === '' ? '/proc/sys' : folder;
}
