import type { DesiredState } from '../desired/desired-state.ts';
import {
  ServiceTranslator,
  type TranslatorListener,
  type TranslatorOptions,
} from '../desired/service-translator.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { AddressClient } from '../kernel/vip-link/client.ts';
import { nodeAddressesOf } from '../kernel/vip-link/node-addresses.ts';
import type { Source } from '../source/source.ts';
import { rememberPortRanges, type MarksInKernel } from './remember-port-ranges.ts';
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
  readonly kernel: MarksInKernel;
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
  // Without the right to ask, others are chosen: what is shown is then not what is there.
  await rememberPortRanges(parts.kernel, store, translator, { info: () => undefined });
  translator.everythingChanged();
  translator.translate();
  return translator;
}
