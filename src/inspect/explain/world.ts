import type { ClusterStore } from '../../cluster/store.ts';
import type { DesiredState } from '../../desired/desired-state.ts';
import type { ServiceTranslator } from '../../desired/service-translator.ts';
import type { ListedVirtualServer } from '../../kernel/ipvs/read-table.ts';
import type { LocalDetection } from '../../kernel/packet-filter/local-detector.ts';
import type { PacketFilterKind } from '../../kernel/packet-filter/packet-filter.ts';
import type { Cidr } from '../../net/cidr.ts';

/** What of the configuration decides about a packet; `Settings` has it. */
export interface ExplainSettings {
  readonly kernel: { readonly chains: { readonly masqueradeAll: boolean } };
  readonly localDetection: LocalDetection;
  readonly excludeCIDRs: readonly Cidr[];
}

/** What the kernel holds, as it was read last. */
export interface KernelLook {
  virtualServer(key: string): ListedVirtualServer | undefined;
  /** Whether an address is on `kube-ipvs0`. */
  isBound(address: string): boolean;
}

/** What explanations are made from: everything that decides on this node, and nothing computed twice. */
export interface ExplainWorld {
  readonly store: Pick<ClusterStore, 'service' | 'serviceKeys' | 'node'>;
  readonly translator: Pick<ServiceTranslator, 'decisionsOf' | 'nodeFacts'>;
  readonly desired: Pick<
    DesiredState,
    | 'isMember'
    | 'virtualServer'
    | 'serviceOf'
    | 'losersOf'
    | 'serviceAt'
    | 'portRangesAt'
    | 'portRangeConflictsAt'
  >;
  readonly settings: ExplainSettings;
  /** The one that is at work, or would be: they differ in a few things. */
  readonly packetFilter: PacketFilterKind;
  /** Undefined where it could not be read: then nothing is said of it. */
  readonly kernel: KernelLook | undefined;
}
