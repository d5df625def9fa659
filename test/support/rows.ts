import type { VirtualServer } from '../../src/translate/desired.ts';
import { describeOperation } from '../../src/kernel/ipvs/ipvs-error.ts';
import type { Operation } from '../../src/kernel/ipvs/model.ts';
import type { Difference } from '../../src/reconcile/kind.ts';
import type {
  ObservedRealServer,
  ObservedVirtualServer,
} from '../../src/kernel/ipvs/virtual-server-difference.ts';
import { noFlags, schedulerFlagBits } from '../../src/kernel/ipvs/schedulers.ts';
import { ip } from './cluster-objects.ts';

/** Rows of the tables for tests to vary. */

/** `TCP 10.96.0.1:80`, scheduler rr, without real servers. */
export function virtualServer(fields: Partial<VirtualServer> = {}): VirtualServer {
  return {
    protocol: 'TCP',
    address: ip('10.96.0.1'),
    port: 80,
    scheduler: 'rr',
    schedulerFlags: noFlags,
    persistenceSeconds: undefined,
    drainTimeoutMs: undefined,
    members: [],
    realServers: new Map(),
    ...fields,
  };
}

/** Real servers at port 8080 with weight 1, under the keys of the tables. */
export function realServers(...addresses: string[]): VirtualServer['realServers'] {
  return new Map(
    addresses.map((text) => {
      const address = ip(text);
      const key = address.family === 'IPv4' ? `${text}:8080` : `[${text}]:8080`;
      return [key, { address, port: 8080, method: 'masq', weight: 1 }];
    }),
  );
}

/** The virtual server as the kernel holds it when nothing differs. */
export function observedAs(
  desired: VirtualServer,
  settings: Partial<ObservedVirtualServer['settings']> = {},
): ObservedVirtualServer {
  const { protocol, address, port, scheduler, schedulerFlags, persistenceSeconds } = desired;
  return {
    id: { kind: 'address', protocol, address, port },
    settings: {
      scheduler,
      persistence:
        persistenceSeconds === undefined
          ? undefined
          : {
              timeoutSeconds: persistenceSeconds,
              prefixLength: address.family === 'IPv4' ? 32 : 128,
            },
      onePacket: false,
      schedulerFlags: schedulerFlagBits(schedulerFlags),
      owned: true,
      ...settings,
    },
    realServers: new Map(desired.realServers),
  };
}

/** As the kernel shows it when one of its real servers drains: that has weight 0. */
export function withDraining(
  observed: ObservedVirtualServer,
  endpoint: string,
  drain: ObservedRealServer['drain'],
): ObservedVirtualServer {
  const realServer = observed.realServers.get(endpoint);
  if (realServer === undefined) {
    throw new Error(`the test's own virtual server has no ${endpoint}`);
  }
  const realServers = new Map(observed.realServers);
  return {
    ...observed,
    realServers: realServers.set(endpoint, { ...realServer, weight: 0, drain }),
  };
}

/** A difference in the words of operators. */
export function described({ additions, removals }: Difference<Operation>): Difference<string> {
  return {
    additions: additions.map(describeOperation),
    removals: removals.map(describeOperation),
  };
}
