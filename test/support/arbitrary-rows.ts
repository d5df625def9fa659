import fc from 'fast-check';
import {
  formatRealServer,
  sameRealServer,
  sameSettings,
  type Operation,
  type RealServer,
  type RealServers,
} from '../../src/kernel/ipvs/model.ts';
import type {
  DesiredVirtualServer,
  ObservedVirtualServer,
} from '../../src/kernel/ipvs/virtual-server-difference.ts';
import type { IpFamily } from '../../src/net/ip-address.ts';
import type { DesiredFrontEnd } from '../../src/translate/desired.ts';
import { ip } from './cluster-objects.ts';
import { frontEnd, observedAs, type FrontEndFields } from './rows.ts';

/** Few values, so that rows often agree in parts. */

type Place = Pick<FrontEndFields, 'address' | 'port'>;

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
      upperThreshold: fc.constant(0),
      lowerThreshold: fc.constant(0),
    },
    { noNullPrototype: true },
  );
}

function realServerMap(family: IpFamily, weight: fc.Arbitrary<number>): fc.Arbitrary<RealServers> {
  return fc
    .array(realServer(family, weight), { maxLength: 5 })
    .map((list) => new Map(list.map((row) => [formatRealServer(row), row])));
}

/** Virtual servers under one key. */
export function desiredVirtualServer(
  place: Place,
  weight = fc.integer({ min: 1, max: 2 }),
): fc.Arbitrary<DesiredFrontEnd> {
  const prefixLength = place.address.family === 'IPv4' ? 32 : 128;
  return fc
    .record({
      scheduler: fc.constantFrom('rr', 'lc', 'mh'),
      schedulerFlags: fc.constantFrom(0, 2),
      drainTimeoutMs: fc.constantFrom(undefined, 0, 1000),
      persistence: fc
        .constantFrom(undefined, 600, 10_800)
        .map((timeoutSeconds) => timeoutSeconds && { timeoutSeconds, prefixLength }),
      realServers: realServerMap(place.address.family, weight),
    })
    .map((fields) => frontEnd({ ...place, ...fields }));
}

/** What the kernel may hold under that key: what anybody could want there, and some more. */
export function observedVirtualServer(
  place: Place,
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
      const { virtualServer } = observedAs(row, others);
      const keys = [...virtualServer.realServers.keys()];
      return { virtualServer, drained: new Set(keys.filter(() => isOver.next().value === true)) };
    });
}

/**
 * The least number of operations between the two, counted field by field. A real server that is to
 * be drained is not there yet, or one step from being gone.
 */
export function leastOperations(
  desired: DesiredVirtualServer | undefined,
  observed: ObservedVirtualServer | undefined,
): number {
  const held = observed?.virtualServer;
  if (desired === undefined) {
    return held?.settings.owned === true ? 1 : 0;
  }
  const wanted = desired.virtualServer;
  const isSame = held !== undefined && sameSettings(wanted.settings, held.settings);
  const keys = new Set([...wanted.realServers.keys(), ...(held?.realServers.keys() ?? [])]);
  const differing = [...keys].filter(
    (key) =>
      !areSame(wanted.realServers.get(key), held?.realServers.get(key)) &&
      !isWaitedFor(desired, observed, key),
  );
  return (isSame ? 0 : 1) + differing.length;
}

function areSame(a: RealServer | undefined, b: RealServer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameRealServer(a, b);
}

export function drains({ virtualServer: { id }, drainTimeoutMs }: DesiredVirtualServer): boolean {
  return !(id.kind === 'address' && id.protocol === 'UDP') && drainTimeoutMs !== 0;
}

function isWaitedFor(
  desired: DesiredVirtualServer,
  observed: ObservedVirtualServer | undefined,
  key: string,
): boolean {
  return (
    drains(desired) &&
    !desired.virtualServer.realServers.has(key) &&
    observed?.virtualServer.realServers.get(key)?.weight === 0 &&
    !observed.drained.has(key)
  );
}

/** Operations by which somebody else changes a virtual server that is there. */
export function driftOf(place: Place): fc.Arbitrary<readonly Operation[]> {
  return observedVirtualServer(place, fc.constant(true)).map(
    ({ virtualServer: { id, settings, realServers } }) => [
      { kind: 'change virtual server', id, settings },
      ...Array.from(realServers.values(), (each, index): Operation => ({
        kind: (['add real server', 'change real server'] as const)[index % 2] ?? 'add real server',
        id,
        realServer: each,
      })),
    ],
  );
}
