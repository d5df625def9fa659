import fc from 'fast-check';
import type { Operation } from '../../src/kernel/ipvs/model.ts';
import type {
  ObservedRealServer,
  ObservedVirtualServer,
} from '../../src/kernel/ipvs/virtual-server-difference.ts';
import { formatEndpoint, type IpFamily } from '../../src/net/ip-address.ts';
import type { RealServer, VirtualServer } from '../../src/translate/desired.ts';
import { noFlags } from '../../src/kernel/ipvs/schedulers.ts';
import { ip } from './cluster-objects.ts';
import { observedAs, virtualServer } from './rows.ts';

/** Few values, so that rows often agree in parts. */

/** The kernel takes real servers of the other family with the method tunnel alone. */
const realServerAddresses = {
  IPv4: ['10.244.1.1', '10.244.1.2', '10.244.1.3'],
  IPv6: ['fd00:244::1', 'fd00:244::2', 'fd00:244::3'],
} as const;

function realServer(family: IpFamily, weight: fc.Arbitrary<number>): fc.Arbitrary<RealServer> {
  return fc.record(
    {
      address: fc.constantFrom(...realServerAddresses[family]).map(ip),
      port: fc.constantFrom(8080, 8081),
      method: fc.constantFrom('masq', 'route'),
      weight,
    },
    { noNullPrototype: true },
  );
}

function realServerMap(
  family: IpFamily,
  weight: fc.Arbitrary<number>,
): fc.Arbitrary<ReadonlyMap<string, RealServer>> {
  return fc
    .array(realServer(family, weight), { maxLength: 5 })
    .map((list) => new Map(list.map((row) => [formatEndpoint(row.address, row.port), row])));
}

/** Virtual servers under one key. */
export function desiredVirtualServer(
  place: Pick<VirtualServer, 'address' | 'port'>,
  weight = fc.integer({ min: 1, max: 2 }),
): fc.Arbitrary<VirtualServer> {
  return fc
    .record({
      scheduler: fc.constantFrom('rr', 'lc', 'mh'),
      schedulerFlags: fc.constantFrom(noFlags, { names: ['mh-port'] } as const),
      drainTimeoutMs: fc.constantFrom(undefined, 0, 1000),
      persistenceSeconds: fc.constantFrom(undefined, 600, 10_800),
      realServers: realServerMap(place.address.family, weight),
    })
    .map((fields) => virtualServer({ ...place, ...fields }));
}

/** What the kernel may hold under that key: what anybody could want there, and some more. */
export function observedVirtualServer(
  place: Pick<VirtualServer, 'address' | 'port'>,
  owned: fc.Arbitrary<boolean> = fc.boolean(),
): fc.Arbitrary<ObservedVirtualServer> {
  const settings = fc.record({
    owned,
    onePacket: fc.boolean(),
    schedulerFlags: fc.nat(7),
  });
  return fc
    .tuple(desiredVirtualServer(place, fc.nat(2)), settings, fc.infiniteStream(fc.boolean()))
    .map(([row, others, isOver]) => {
      const observed = observedAs(row, others);
      const realServers = Array.from(observed.realServers, ([key, realServer]) => {
        const drain = isOver.next().value === true ? 'over' : 'unknown';
        return [key, { ...realServer, drain }] as const;
      });
      return { ...observed, realServers: new Map(realServers) };
    });
}

/**
 * The least number of operations between the two, counted field by field. A real server that is to
 * be drained is not there yet, or one step from being gone.
 */
export function leastOperations(
  desired: VirtualServer | undefined,
  observed: ObservedVirtualServer | undefined,
): number {
  if (desired === undefined) {
    return observed?.settings.owned === true ? 1 : 0;
  }
  const wanted = observedAs(desired);
  const settings = JSON.stringify(wanted.settings) === sortedLike(wanted, observed) ? 0 : 1;
  const keys = new Set([...desired.realServers.keys(), ...(observed?.realServers.keys() ?? [])]);
  const differing = [...keys].filter(
    (key) =>
      realServerText(desired.realServers.get(key)) !==
        realServerText(observed?.realServers.get(key)) &&
      !(drains(desired) && isWaitedFor(desired, observed?.realServers.get(key), key)),
  );
  return settings + differing.length;
}

export function drains({ protocol, drainTimeoutMs }: VirtualServer): boolean {
  return protocol !== 'UDP' && drainTimeoutMs !== 0;
}

function isWaitedFor(
  desired: VirtualServer,
  present: ObservedRealServer | undefined,
  key: string,
): boolean {
  return !desired.realServers.has(key) && present?.weight === 0 && present.drain === 'unknown';
}

/** The settings of `observed` as JSON with the fields in the order of `wanted`. */
function sortedLike(
  wanted: ObservedVirtualServer,
  observed: ObservedVirtualServer | undefined,
): string | undefined {
  return observed && JSON.stringify({ ...wanted.settings, ...observed.settings });
}

function realServerText(row: RealServer | undefined): string | undefined {
  return row && `${row.method} ${row.weight}`;
}

/** Operations by which somebody else changes a virtual server that is there. */
export function driftOf(
  place: Pick<VirtualServer, 'address' | 'port'>,
): fc.Arbitrary<readonly Operation[]> {
  return observedVirtualServer(place, fc.constant(true)).map(({ id, settings, realServers }) => [
    { kind: 'change virtual server', id, settings },
    ...Array.from(realServers.values(), (row, index): Operation => {
      const kernelRow = { ...row, upperThreshold: 0, lowerThreshold: 0 };
      return {
        kind: (['add real server', 'change real server'] as const)[index % 2] ?? 'add real server',
        id,
        realServer: kernelRow,
      };
    }),
  ]);
}
