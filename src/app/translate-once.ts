import type { DesiredState } from '../desired/desired-state.ts';
import {
  ServiceTranslator,
  type TranslatorListener,
  type TranslatorOptions,
} from '../desired/service-translator.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { AddressClient } from '../kernel/vip-link/client.ts';
import { nodeAddressesOf } from '../kernel/vip-link/node-addresses.ts';
import type { AddressWithPortRanges } from '../kernel/packet-filter/packet-filter.ts';
import type { Source } from '../source/source.ts';
import { affinityAcrossPorts } from '../translate/annotations/affinity-across-ports.ts';
import { portRanges } from '../translate/annotations/port-ranges.ts';
import { firstList } from './first-list.ts';

/** What is translated, and into what. */
export interface OneTranslation {
  readonly source: Source;
  readonly store: ClusterStore;
  /** How long the first complete list is waited for, in milliseconds. */
  readonly timeoutMs: number;
  readonly desired: DesiredState;
  readonly settings: TranslatorOptions;
  /** To read addresses needs no right at all, and no IPVS. */
  readonly addresses: Pick<AddressClient, 'links' | 'addresses'>;
  readonly listener: Omit<TranslatorListener, 'healthCheck'>;
  /**
   * The port ranges that the kernel holds, so that Services have the packet marks that they have there. Asked
   * where some Service needs a mark.
   */
  portRanges(): Promise<readonly AddressWithPortRanges[]>;
}

/**
 * Lists the cluster once and translates all of it for this node: what `run --once`, `plan` and `show`
 * look at. Rejects with SourceTimeoutError, NetlinkError and what the source throws.
 */
export async function translateOnce(parts: OneTranslation): Promise<ServiceTranslator> {
  const { source, store, timeoutMs, desired, settings, addresses, listener } = parts;
  try {
    await firstList(source, store, timeoutMs);
  } finally {
    await source.stop();
  }
  const translator = new ServiceTranslator(store, desired, settings, {
    ...listener,
    // A port that is closed again at the exit would help nobody.
    healthCheck: () => undefined,
  });
  translator.nodeAddressesChanged(
    nodeAddressesOf(await addresses.links(), await addresses.addresses()),
  );
  if (needsMarks(store)) {
    // Without the right to ask, others are chosen: what is shown is then not what is there.
    translator.rememberPortRanges(await parts.portRanges().catch(() => []));
  }
  translator.everythingChanged();
  translator.translate();
  return translator;
}

function needsMarks(store: ClusterStore): boolean {
  return Array.from(store.serviceKeys(), (key) => store.service(key)).some((service) =>
    [portRanges, affinityAcrossPorts].some(({ name }) => service?.annotations.has(name)),
  );
}
