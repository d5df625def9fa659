import fc from 'fast-check';
import {
  formatRealServer,
  sameRealServer,
  sameSettings,
  type Operation,
  type RealServer,
  type RealServers,
  type VirtualServer,
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

/** How many connections a real server may have: none limited, or some. */
type Limited = 'unlimited' | 'limited';

const thresholds = {
  unlimited: fc.constant([0, 0] as const),
  limited: fc.constantFrom([0, 0] as const, [20, 0] as const, [20, 15] as const),
} as const;

function realServer(
  family: IpFamily,
  weight: fc.Arbitrary<number>,
  limited: Limited,
): fc.Arbitrary<RealServer> {
  return fc
    .record(
      {
        address: fc.constantFrom(...realServerAddresses[family]).map(ip),
        port: fc.constantFrom(8080, 8081),
        method: fc.constantFrom('masq' as const, 'route' as const),
        weight,
        thresholds: thresholds[limited],
      },
      { noNullPrototype: true },
    )
    .map(({ thresholds: [upperThreshold, lowerThreshold], ...fields }) => ({
      ...fields,
      upperThreshold,
      lowerThreshold,
    }));
}

function realServerMap(
  family: IpFamily,
  weight: fc.Arbitrary<number>,
  limited: Limited,
): fc.Arbitrary<RealServers> {
  return fc
    .array(realServer(family, weight, limited), { maxLength: 5 })
    .map((list) => new Map(list.map((row) => [formatRealServer(row), row])));
}

/**
 * Virtual servers under one key. Some of their real servers are ejected: those have weight 0, and those whose
 * connections are to be reset are left out.
 */
export function desiredVirtualServer(place: Place): fc.Arbitrary<DesiredFrontEnd> {
  return fc
    .tuple(frontEnds(place), fc.infiniteStream(fc.constantFrom(false, false, false, true)))
    .map(([row, isReset]) => {
      const { virtualServer } = row;
      const resets = new Set(
        [...virtualServer.realServers.keys()].filter(() => isReset.next().value === true),
      );
      const kept = [...virtualServer.realServers].filter(([key]) => !resets.has(key));
      return { ...row, virtualServer: { ...virtualServer, realServers: new Map(kept) }, resets };
    });
}

function frontEnds(place: Place): fc.Arbitrary<DesiredFrontEnd> {
  return fc
    .constantFrom('unlimited' as const, 'limited' as const)
    .chain((limited) => limitedFrontEnds(place, limited));
}

function limitedFrontEnds(place: Place, limited: Limited): fc.Arbitrary<DesiredFrontEnd> {
  const { family } = place.address;
  const prefixLength = family === 'IPv4' ? 32 : 128;
  return fc
    .record({
      limited: fc.constant(limited === 'limited'),
      scheduler: fc.constantFrom('rr', 'lc', 'mh'),
      schedulerFlags: fc.constantFrom(0, 2),
      drainTimeoutMs: fc.constantFrom(undefined, 0, 1000),
      persistence: fc
        .constantFrom(undefined, 600, 10_800)
        .map((timeoutSeconds) => timeoutSeconds && { timeoutSeconds, prefixLength }),
      realServers: realServerMap(family, fc.constantFrom(1, 1, 2, 2, 0), limited),
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
    .tuple(frontEnds(place), settings, fc.infiniteStream(fc.boolean()))
    .map(([row, others, isOver]) => {
      const { virtualServer } = observedAs(row, others);
      const keys = [...virtualServer.realServers.keys()];
      return { virtualServer, drained: new Set(keys.filter(() => isOver.next().value === true)) };
    });
}

/**
 * The least number of operations between the two, counted field by field. A real server that is to
 * be drained is not there yet, or one step from being gone; where connections are to be reset it goes at once. A
 * virtual server says that it is limited until no real server has a limit.
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
  const staysLimited = held !== undefined && areUnwantedLimited(wanted, held);
  const first = staysLimited ? { ...wanted.settings, limited: true } : wanted.settings;
  const isSame = held !== undefined && sameSettings(first, held.settings);
  const keys = new Set([...wanted.realServers.keys(), ...(held?.realServers.keys() ?? [])]);
  const differing = [...keys].filter(
    (key) =>
      !areSame(wanted.realServers.get(key), held?.realServers.get(key)) &&
      (!isWaitedFor(desired, observed, key) ||
        (staysLimited && isLimited(held.realServers.get(key)))),
  );
  return (isSame ? 0 : 1) + (staysLimited ? 1 : 0) + differing.length;
}

/** Whether some that are no longer wanted have limits where none is to have any. */
function areUnwantedLimited(wanted: VirtualServer, held: VirtualServer): boolean {
  const unwanted = [...held.realServers].filter(([key]) => !wanted.realServers.has(key));
  return (
    held.settings.limited &&
    !wanted.settings.limited &&
    unwanted.some(([, realServer]) => isLimited(realServer))
  );
}

function isLimited(realServer: RealServer | undefined): boolean {
  return realServer !== undefined && realServer.upperThreshold + realServer.lowerThreshold > 0;
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
    desired.resets?.has(key) !== true &&
    !desired.virtualServer.realServers.has(key) &&
    observed?.virtualServer.realServers.get(key)?.weight === 0 &&
    !observed.drained.has(key)
  );
}

/** What the kernel's cheap list shows: no thresholds, unless the virtual server says that it is limited. */
export function shownByList(row: VirtualServer): VirtualServer {
  return row.settings.limited
    ? row
    : {
        ...row,
        realServers: new Map(
          Array.from(row.realServers, ([key, each]) => [
            key,
            { ...each, upperThreshold: 0, lowerThreshold: 0 },
          ]),
        ),
      };
}

/**
 * Operations by which somebody else changes a virtual server that is there. It says that it is limited: limits
 * of one that does not are seen by nobody.
 */
export function driftOf(place: Place): fc.Arbitrary<readonly Operation[]> {
  return observedVirtualServer(place, fc.constant(true)).map(
    ({ virtualServer: { id, settings, realServers } }) => [
      { kind: 'change virtual server', id, settings: { ...settings, limited: true } },
      ...Array.from(realServers.values(), (each, index): Operation => ({
        kind: (['add real server', 'change real server'] as const)[index % 2] ?? 'add real server',
        id,
        realServer: each,
      })),
    ],
  );
}
