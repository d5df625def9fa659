import { ClusterStore } from '../../src/cluster/store.ts';
import { settingsFrom } from '../../src/config/load-settings.ts';
import { DesiredState } from '../../src/desired/desired-state.ts';
import { ServiceTranslator } from '../../src/desired/service-translator.ts';
import type { ExplainWorld, KernelLook } from '../../src/inspect/explain/explain.ts';
import type { PacketFilterKind } from '../../src/kernel/packet-filter/packet-filter.ts';
import { RememberedMembers } from '../../src/kernel/packet-filter/remembered-members.ts';
import type { IpAddress } from '../../src/net/ip-address.ts';
import { PlaceMap } from '../../src/reconcile/place-map.ts';
import { parseManifests } from '../../src/source/manifests/parse-manifests.ts';
import type { DesiredFrontEnd } from '../../src/translate/desired.ts';

/** What explanations are made from, from objects as manifests have them. */
export interface ExplainWorldOptions {
  readonly objects: readonly unknown[];
  readonly nodeName: string;
  readonly nodeAddresses: readonly IpAddress[];
  /** Fields of the KubeProxyConfiguration. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly kernel?: KernelLook;
  /** nftables unless it says otherwise. */
  readonly packetFilter?: PacketFilterKind;
}

/** The world that `kube-ipvs explain` reads, put together without a kernel. */
export function explainWorld(options: ExplainWorldOptions): ExplainWorld {
  const { objects, nodeName, nodeAddresses, configuration = {}, kernel } = options;
  const { packetFilter = 'nftables' } = options;
  const silent = { withoutEffect: () => undefined, unknown: () => undefined };
  const settings = settingsFrom(
    configuration,
    { nodeName },
    { environment: {}, hostName: nodeName },
    silent,
  );
  const store = new ClusterStore();
  const desired = new DesiredState(
    new PlaceMap<DesiredFrontEnd>(),
    new PlaceMap<IpAddress>(),
    new RememberedMembers(),
  );
  fill(store, objects, nodeName);
  const translator = new ServiceTranslator(store, desired, settings, {
    problem: () => undefined,
    healthCheck: () => undefined,
    mistake: (service, error) => {
      throw new Error(`${service} could not be translated`, { cause: error });
    },
  });
  translator.nodeAddressesChanged(nodeAddresses);
  translator.everythingChanged();
  translator.translate();
  return { store, desired, translator, settings, packetFilter, kernel };
}

function fill(store: ClusterStore, items: readonly unknown[], nodeName: string): void {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { objects, problems } = parseManifests(list, 'objects.json');
  if (problems.length > 0) {
    throw new Error(`the test's own objects are wrong: ${JSON.stringify(problems)}`);
  }
  for (const object of objects) {
    if (object.kind === 'Service') {
      store.setService(object.value);
    } else if (object.kind === 'EndpointSlice') {
      store.setSlice(object.value);
    } else if (object.value.name === nodeName) {
      store.setNode(object.value);
    }
  }
}
