import fc from 'fast-check';
import type { Operation } from '../../src/ipvs/model.ts';
import type { ObservedVirtualServer } from '../../src/reconcile/virtual-server-difference.ts';
import { formatEndpoint } from '../../src/net/ip-address.ts';
import type { RealServer, VirtualServer } from '../../src/translate/desired.ts';
import { ip } from './cluster-objects.ts';
import { observedAs, virtualServer } from './rows.ts';

/** Few values, so that rows often agree in parts. */

const realServer: fc.Arbitrary<RealServer> = fc.record(
  {
    address: fc.constantFrom('10.244.1.1', '10.244.1.2', '10.244.1.3').map(ip),
    port: fc.constantFrom(8080, 8081),
    method: fc.constantFrom('masq', 'route'),
    weight: fc.nat(2),
  },
  { noNullPrototype: true },
);

export const realServerMap: fc.Arbitrary<ReadonlyMap<string, RealServer>> = fc
  .array(realServer, { maxLength: 5 })
  .map((list) => new Map(list.map((row) => [formatEndpoint(row.address, row.port), row])));

/** Virtual servers under one key. */
export function desiredVirtualServer(
  place: Pick<VirtualServer, 'address' | 'port'>,
): fc.Arbitrary<VirtualServer> {
  return fc
    .record({
      scheduler: fc.constantFrom('rr', 'lc', 'mh'),
      persistenceSeconds: fc.constantFrom(undefined, 600, 10_800),
      realServers: realServerMap,
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
    .tuple(desiredVirtualServer(place), settings)
    .map(([row, others]) => observedAs(row, others));
}

/** The least number of operations between the two, counted field by field. */
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
      realServerText(observed?.realServers.get(key)),
  );
  return settings + differing.length;
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
