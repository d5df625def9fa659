import { AddressClient } from '../../../src/addresses/client.ts';
import { ClusterStore } from '../../../src/cluster/store.ts';
import { IpvsClient } from '../../../src/ipvs/client.ts';
import { netlinkProtocol } from '../../../src/netlink/protocol.ts';
import { BoundAddressKind } from '../../../src/reconcile/bound-address-kind.ts';
import { DesiredState } from '../../../src/reconcile/desired-state.ts';
import { KindTable } from '../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../src/reconcile/reconciler.ts';
import { VirtualServerKind } from '../../../src/reconcile/virtual-server-kind.ts';
import { ServiceTranslator } from '../../../src/service-translator.ts';
import { Stopwatch } from '../stopwatch.ts';
import { nodeName } from '../synthetic-cluster.ts';
import type { Measurement } from '../variant-names.ts';
import { readCluster, requireSuccess, translationSettings, type InputFolder } from './input.ts';
import { timedKind, timedTransport } from './timed-kind.ts';

/**
 * All that a first sync does, put together as src/kernel.ts does: reads the cluster's objects,
 * translates them, programs virtual and real servers, and binds the VIPs on kube-ipvs0.
 */
export async function everything(folder: InputFolder): Promise<Measurement> {
  const stopwatch = new Stopwatch();
  const { generic, route } = netlinkProtocol;
  const startedAt = performance.now();
  const ipvs = await IpvsClient.connect({}, timedTransport(generic, 'IPVS', stopwatch));
  const addresses = new AddressClient({}, timedTransport(route, 'addresses', stopwatch));
  const virtualServers = new KindTable(timedKind(new VirtualServerKind(ipvs), stopwatch));
  const boundAddresses = new KindTable(timedKind(new BoundAddressKind(addresses), stopwatch));
  const desired = new DesiredState(virtualServers, boundAddresses);
  const loop = new Reconciler([virtualServers, boundAddresses]);
  try {
    const store = await fillStore(folder);
    const parsedAt = performance.now();
    translate(store, desired);
    const translatedAt = performance.now();
    loop.allowRemovals();
    const report = await loop.audit();
    const endedAt = performance.now();
    requireSuccess(report.failures.map(({ error }) => error));
    return {
      ms: endedAt - startedAt,
      parts: {
        parse: parsedAt - startedAt,
        translate: translatedAt - parsedAt,
        ...auditParts(stopwatch, endedAt - translatedAt),
      },
    };
  } finally {
    ipvs.close();
    addresses.close();
  }
}

async function fillStore(folder: InputFolder): Promise<ClusterStore> {
  const { node, services, slices } = await readCluster(folder);
  const store = new ClusterStore();
  store.setNode(node);
  store.replaceServices(services);
  store.replaceSlices(slices);
  return store;
}

function translate(store: ClusterStore, desired: DesiredState): void {
  const options = {
    nodeName,
    nodePortAddresses: { kind: 'all' },
    translation: translationSettings,
  } as const;
  const translator = new ServiceTranslator(store, desired, options, {
    problem: ({ object, field }) => {
      throw new Error(`the synthetic cluster has a problem: ${object} ${field}`);
    },
    mistake: (service, error) => {
      throw new Error(`Service ${service} could not be translated`, { cause: error });
    },
    healthCheck: () => undefined,
  });
  translator.everythingChanged();
  translator.translate();
}

function auditParts(stopwatch: Stopwatch, audit: number): Readonly<Record<string, number>> {
  const ofKind = (name: string): number =>
    stopwatch.total(`${name}: list`) + stopwatch.total(`${name}: apply`);
  const [virtualServers, boundAddresses] = [ofKind('virtual server'), ofKind('bound address')];
  const [ipvs, addresses] = [stopwatch.total('IPVS'), stopwatch.total('addresses')];
  return {
    'differences and bookkeeping': audit - virtualServers - boundAddresses,
    'IPVS: read, encode, answers': virtualServers - ipvs,
    'IPVS: kernel': ipvs,
    'addresses: read, encode, answers': boundAddresses - addresses,
    'addresses: kernel': addresses,
  };
}
