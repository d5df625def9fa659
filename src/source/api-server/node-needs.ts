import type { ClusterStore, StoreChange } from '../../cluster/store.ts';

/** What Services may need of the Nodes, as the store keeps it. */
export interface NodeNeed {
  /** The change by which a store tells that it is wanted, or no longer. */
  readonly wantedChange: StoreChange['kind'];
  /** The change by which it tells that something of it is known. */
  readonly knownChange: StoreChange['kind'];
  isWanted(): boolean;
  isAwaited(): boolean;
  await(): void;
  giveUp(): void;
  forget(): void;
  /** What happens until it is known, for the one who reads the log. */
  readonly without: string;
}

/** Whose addresses are: Services with external or load-balancer IPs need it. */
export function addressNeed(store: ClusterStore): NodeNeed {
  return {
    wantedChange: 'external VIPs',
    knownChange: 'hosts',
    isWanted: () => store.hasExternalVips,
    isAwaited: () => store.awaitsNodes,
    await: () => {
      store.awaitNodes();
    },
    giveUp: () => {
      store.giveUpNodes();
    },
    forget: () => {
      store.replaceNamedNodes([]);
    },
    without:
      'external and load-balancer IPs that are addresses of other Nodes are not refused; name these in kubeIpvs.protectedCIDRs',
  };
}

/** The weights that Nodes name: Services with the annotation `kube-ipvs.io/weights` need them. */
export function weightNeed({ nodeWeights: weights }: ClusterStore): NodeNeed {
  return {
    wantedChange: 'node weights wanted',
    knownChange: 'node weights',
    isWanted: () => weights.areWanted,
    isAwaited: () => weights.areAwaited,
    await: () => {
      weights.await();
    },
    giveUp: () => {
      weights.giveUp();
    },
    forget: () => {
      weights.replace([]);
    },
    without: 'endpoints do not have the weights of their Nodes',
  };
}
