import type { Logger } from '../base/log.ts';
import { ipFamilies } from '../kernel/ip-families.ts';
import { describeOurRules, findOurRules, giveWay } from '../kernel/packet-filter/give-way.ts';
import { whoIsAtWork, type AtWork } from './cleanup-kube-proxy.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { settingsOf } from './open-source.ts';
import type { CleanupOptions } from './options.ts';

const done = 'the rules of kube-ipvs, but for the one that masquerades what leaves with a VIP';

/**
 * Takes the rules of kube-ipvs away and leaves virtual servers, addresses and connections, for a kube-proxy
 * that has taken the node over. It is refused while kube-ipvs runs, and where nobody else would masquerade.
 */
export async function cleanupPacketFilter(options: CleanupOptions, log: Logger): Promise<ExitCode> {
  const settings = await settingsOf(options, log);
  const refusal = packetFilterRefusalOf(await whoIsAtWork(settings, log));
  if (refusal !== undefined && !options.force && !options.dryRun) {
    log.error(`nothing is removed: ${refusal}; --force removes it all the same`);
    return exitCode.failure;
  }
  const families = ipFamilies();
  const found = await findOurRules(families, settings.kernel.chains);
  const lines = describeOurRules(found);
  process.stdout.write(
    lines.map((line) => `${options.dryRun ? 'would ' : ''}${line}\n`).join('') ||
      'no rules of kube-ipvs are there\n',
  );
  if (options.dryRun) {
    if (refusal !== undefined) {
      log.warn(`without --dry-run it is refused now: ${refusal}`);
    }
    return exitCode.success;
  }
  await giveWay(families, found);
  log.info({ removed: lines.length }, `removed ${done}`);
  return exitCode.success;
}

/** Why it is no good moment; undefined where it is one. Pure. */
export function packetFilterRefusalOf({ kubeProxy, kubeIpvs }: AtWork): string | undefined {
  if (kubeIpvs.kind !== 'not running') {
    return 'kube-ipvs runs on this node and would put its rules back';
  }
  return kubeProxy.kind === 'runs'
    ? undefined
    : 'no kube-proxy is seen on this node: without these rules nobody would masquerade';
}
