import { asError } from '../base/as-error.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { DaemonListener } from './daemon-parts.ts';
import type { ServiceTranslator } from '../desired/service-translator.ts';
import type { VirtualServerHead } from '../kernel/ipvs/model.ts';
import type { AddressWithPortRanges } from '../kernel/packet-filter/packet-filter.ts';
import { affinityAcrossPorts } from '../translate/annotations/affinity-across-ports.ts';
import { portRanges } from '../translate/annotations/port-ranges.ts';

/** What is asked of the kernel, and not where no Service needs a mark. */
export interface MarksInKernel {
  portRanges(): Promise<readonly AddressWithPortRanges[]>;
  readonly ipvs: { virtualServers(): Promise<readonly VirtualServerHead[]> };
}

/**
 * Lets Services have the packet marks that they have in the kernel, or their clients would get another endpoint
 * after a restart, and none that others have virtual servers for, as keepalived may. Where the kernel cannot be
 * asked, marks are given anew.
 */
export async function rememberPortRanges(
  kernel: MarksInKernel,
  store: ClusterStore,
  translator: ServiceTranslator,
  listener: Pick<DaemonListener, 'info'>,
): Promise<void> {
  if (!needsMarks(store)) {
    return;
  }
  try {
    const foreign = (await kernel.ipvs.virtualServers()).flatMap(({ id, settings }) =>
      id.kind === 'fwmark' && !settings.owned ? [id.fwmark] : [],
    );
    translator.rememberPortRanges(await kernel.portRanges(), foreign);
  } catch (error) {
    listener.info(`port ranges get new packet marks: ${asError(error).message}`);
  }
}

function needsMarks(store: ClusterStore): boolean {
  return Array.from(store.serviceKeys(), (key) => store.service(key)).some((service) =>
    [portRanges, affinityAcrossPorts].some(({ name }) => service?.annotations.has(name)),
  );
}
