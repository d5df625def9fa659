import { translateOnce } from '../app/translate-once.ts';
import { asError } from '../base/as-error.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { Settings } from '../config/load-settings.ts';
import { DesiredState } from '../desired/desired-state.ts';
import { OtherHosts } from '../desired/other-hosts.ts';
import type { ClusterProblem, ClusterRead, ClusterReading, ClusterVip } from '../doctor/readers.ts';
import { formatVirtualServer } from '../kernel/ipvs/model.ts';
import { AddressClient } from '../kernel/vip-link/client.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { PlaceMap } from '../reconcile/place-map.ts';
import { isOfRequest } from '../source/api-server/failure.ts';
import type { DesiredFrontEnd } from '../translate/desired.ts';
import { openSource } from './open-source.ts';
import type { DoctorOptions } from './options.ts';

/** Reads the cluster once, and keeps what the checks ask about. Never rejects. */
export async function readCluster(
  options: DoctorOptions,
  settings: Settings,
): Promise<ClusterReading> {
  const problems: ClusterProblem[] = [];
  const requests: string[] = [];
  const mistakes: string[] = [];
  const store = new ClusterStore(settings.translation);
  const virtualServers = new PlaceMap<DesiredFrontEnd>();
  const desired = new DesiredState(virtualServers, new PlaceMap<IpAddress>());
  const addresses = new AddressClient();
  const source = openSource(options, settings, (problem) => {
    if (isOfRequest(problem)) {
      requests.push(problem.allowed);
    } else {
      problems.push({ problem, reason: undefined, service: undefined });
    }
  });
  try {
    await translateOnce({
      source,
      store,
      timeoutMs: options.timeout,
      desired,
      settings,
      addresses,
      listener: {
        problem: (problem) => {
          const { reason, service } = problem;
          problems.push({ problem, reason, service });
        },
        mistake: (service, error) => {
          mistakes.push(`Service ${service}: ${error.message}`);
        },
      },
      // No check asks which mark a Service has.
      kernel: {
        portRanges: () => Promise.resolve([]),
        ipvs: { virtualServers: () => Promise.resolve([]) },
      },
    });
  } catch (error) {
    const reasons = new Set([...requests, asError(error).message]);
    return { kind: 'failed', reason: [...reasons].join('; ') };
  } finally {
    addresses.close();
  }
  return {
    ...factsOf(store, desired, settings.nodeName),
    problems,
    mistakes,
    schedulers: schedulersOf(virtualServers, desired),
  };
}

function factsOf(
  store: ClusterStore,
  desired: DesiredState,
  nodeName: string,
): Omit<ClusterRead, 'problems' | 'mistakes' | 'schedulers'> {
  const otherHosts = new OtherHosts(store, nodeName);
  return {
    kind: 'read',
    services: [...store.serviceKeys()].length,
    hasNode: store.node !== undefined,
    vips: vipsOf(store),
    serviceOf: (key) => desired.serviceOf(key),
    serviceAt: (vip) => desired.serviceAt(vip),
    otherHostAt: (address) => {
      const owner = otherHosts.ownerOf(address);
      switch (owner?.kind) {
        case 'Node':
          return `Node ${owner.name}`;
        case 'API server':
          // The cluster IP of its own Service is ours to serve.
          return desired.serviceAt(address.text) === undefined ? 'the API server' : undefined;
        default:
          return undefined;
      }
    },
  };
}

function vipsOf(store: ClusterStore): readonly ClusterVip[] {
  return [...store.serviceKeys()].flatMap((key) => {
    const service = store.service(key);
    const vips = (kind: ClusterVip['kind'], addresses: readonly IpAddress[] = []) =>
      addresses.map((address): ClusterVip => ({ address, service: key, kind }));
    return [
      ...vips('cluster IP', service?.clusterIPs),
      ...vips('external IP', service?.externalIPs),
      ...vips('load-balancer IP', service?.loadBalancerIPs),
    ];
  });
}

function schedulersOf(
  virtualServers: PlaceMap<DesiredFrontEnd>,
  desired: DesiredState,
): ReadonlyMap<string, string> {
  const wanted = new Map<string, string>();
  for (const { virtualServer } of virtualServers.rows.values()) {
    const { settings, id } = virtualServer;
    if (!wanted.has(settings.scheduler)) {
      wanted.set(settings.scheduler, desired.serviceOf(formatVirtualServer(id)) ?? '');
    }
  }
  return wanted;
}
