import type { Logger } from '../base/log.ts';
import type { Settings } from '../config/settings.ts';
import {
  askServers,
  judgeKubeProxy,
  type KubeProxySeen,
} from '../kernel/takeover/kube-proxy-seen.ts';
import { readProcesses } from '../kernel/takeover/processes.ts';
import {
  describeFound,
  findKubeProxy,
  removeKubeProxy,
} from '../kernel/takeover/remove-kube-proxy.ts';
import { withKubeProxyKernel } from '../kernel/takeover/with-kube-proxy-kernel.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { judgeReadiness, type Readiness } from './kube-ipvs-readiness.ts';
import { settingsOf } from './open-source.ts';
import type { CleanupOptions } from './options.ts';

/** Who is at work on this node. */
export interface AtWork {
  readonly kubeProxy: KubeProxySeen;
  readonly kubeIpvs: Readiness;
}

/**
 * Removes what kube-proxy has left in the kernel, in whichever mode it was, and nothing else. It is refused
 * while a kube-proxy runs, which would put everything back, and until kube-ipvs serves this node.
 */
export async function cleanupKubeProxy(options: CleanupOptions, log: Logger): Promise<ExitCode> {
  const refusal = refusalOf(await whoIsAtWork(await settingsOf(options, log), log));
  if (refusal !== undefined && !options.force && !options.dryRun) {
    log.error(`nothing is removed: ${refusal}; --force removes it all the same`);
    return exitCode.failure;
  }
  return withKubeProxyKernel(async (kernel) => {
    const found = await findKubeProxy(kernel);
    const lines = describeFound(found);
    process.stdout.write(
      lines.map((line) => `${options.dryRun ? 'would ' : ''}${line}\n`).join('') ||
        'nothing of kube-proxy is there\n',
    );
    if (options.dryRun) {
      if (refusal !== undefined) {
        log.warn(`without --dry-run it is refused now: ${refusal}`);
      }
    } else {
      await removeKubeProxy(kernel, found);
      log.info({ removed: lines.length }, 'removed what kube-proxy had left');
    }
    return exitCode.success;
  });
}

/** Looks at processes and asks at the ports; says so where the node's processes are hidden. */
export async function whoIsAtWork(
  { healthzBindAddress, metricsBindAddress }: Settings,
  log: Logger,
): Promise<AtWork> {
  const servers = await askServers({ health: healthzBindAddress, metrics: metricsBindAddress });
  const kubeProxy = judgeKubeProxy(await readProcesses(), servers);
  if (kubeProxy.kind === 'not seen' && !kubeProxy.isCertain) {
    log.info(
      'the processes of the node are hidden in a container: whether a kube-proxy runs is known by its ports alone',
    );
  }
  const readyz = servers[0]?.answers.readyz ?? { kind: 'off' };
  return { kubeProxy, kubeIpvs: judgeReadiness(readyz) };
}

/** Why it is no good moment; undefined where it is one. Pure. */
export function refusalOf({ kubeProxy, kubeIpvs }: AtWork): string | undefined {
  if (kubeProxy.kind === 'runs') {
    return `a kube-proxy still runs on this node (${kubeProxy.how}) and would put everything back`;
  }
  switch (kubeIpvs.kind) {
    case 'ready':
      return undefined;
    case 'not ready':
      return `kube-ipvs is not ready on this node (${kubeIpvs.why}), which would serve no Service then`;
    case 'not running':
      return `no kube-ipvs is seen on this node (${kubeIpvs.why}), which would serve no Service then`;
  }
}
