import fc from 'fast-check';
import { IpAddress, type IpFamily } from '../../src/net/ip-address.ts';
import { switchesOfFlags } from '../../src/kernel/ipvs/setting-flags.ts';
import {
  formatRealServer,
  formatVirtualServer,
  type Persistence,
  type RealServer,
  type VirtualServerId,
  type VirtualServerSettings,
} from '../../src/kernel/ipvs/model.ts';

/** Objects as object literals make them. */
export function record<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true });
}

const byte = fc.integer({ min: 0, max: 255 });
const u32 = fc.nat({ max: 0xffff_ffff });
export const port = fc.integer({ min: 0, max: 65535 });
export const family = fc.constantFrom<IpFamily>('IPv4', 'IPv6');

/** Any address; never an IPv6 one that stands for an IPv4 one, which the project reads as that. */
export function address(of: IpFamily): fc.Arbitrary<IpAddress> {
  const length = of === 'IPv4' ? 4 : 16;
  return fc
    .array(byte, { minLength: length, maxLength: length })
    .map((bytes) => IpAddress.fromBytes(of, Uint8Array.from(bytes)))
    .filter(({ text }) => !text.startsWith('::ffff:'));
}

/** An address that the kernel takes for a real server: 10.0.0.0/8 or fd00::/8. */
export function unicastAddress(of: IpFamily): fc.Arbitrary<IpAddress> {
  const length = of === 'IPv4' ? 3 : 15;
  return fc
    .array(byte, { minLength: length, maxLength: length })
    .map((bytes) =>
      IpAddress.fromBytes(of, Uint8Array.from([of === 'IPv4' ? 10 : 0xfd, ...bytes])),
    );
}

export const virtualServerId: fc.Arbitrary<VirtualServerId> = family.chain((of) =>
  fc.oneof(
    record({
      kind: fc.constant('address' as const),
      protocol: fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const),
      address: address(of),
      port,
    }),
    record({ kind: fc.constant('fwmark' as const), family: fc.constant(of), fwmark: u32 }),
  ),
);

function persistence(of: IpFamily, longestSeconds = 0xffff_ffff): fc.Arbitrary<Persistence> {
  return record({
    timeoutSeconds: fc.integer({ min: 1, max: longestSeconds }),
    prefixLength: fc.integer({ min: 1, max: of === 'IPv4' ? 32 : 128 }),
  });
}

/** Any of the settings that are on or off, as flags of the kernel give them. */
const anySwitches = u32.map(switchesOfFlags);

const schedulerName = fc.stringMatching(/^[a-z]{1,12}$/);

export function settings(of: IpFamily): fc.Arbitrary<VirtualServerSettings> {
  return record({
    scheduler: schedulerName,
    persistence: fc.option(persistence(of), { nil: undefined }),
    schedulerFlags: fc.integer({ min: 0, max: 7 }),
    switches: anySwitches,
  }).map(({ switches, ...others }) => ({ ...others, ...switches }));
}

export const realServer: fc.Arbitrary<RealServer> = family.chain((of) =>
  record({
    address: address(of),
    port,
    method: fc.constantFrom('masq' as const, 'local', 'tunnel', 'route', 'bypass'),
    weight: u32,
    upperThreshold: u32,
    lowerThreshold: u32,
  }),
);

/** A virtual server with its real servers. */
export interface TableEntry {
  readonly id: VirtualServerId;
  readonly settings: VirtualServerSettings;
  readonly realServers: readonly RealServer[];
}

/** What the kernel can hold: virtual servers with addresses, unique, with unique real servers. */
export function kernelTable(maxLength: number): fc.Arbitrary<readonly TableEntry[]> {
  return fc.uniqueArray(kernelEntry, {
    maxLength,
    selector: ({ id }) => formatVirtualServer(id),
  });
}

const kernelEntry: fc.Arbitrary<TableEntry> = family.chain((of) =>
  record({
    id: record({
      kind: fc.constant('address' as const),
      protocol: fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const),
      address: unicastAddress(of),
      port: fc.integer({ min: 1, max: 65535 }),
    }),
    settings: record({
      scheduler: fc.constantFrom('rr', 'wrr', 'lc', 'wlc', 'sh', 'dh', 'sed', 'nq'),
      // 31 days: ipvsadm shows no more.
      persistence: fc.option(persistence(of, 31 * 86400), { nil: undefined }),
      schedulerFlags: fc.integer({ min: 0, max: 7 }),
      switches: anySwitches,
    }).map(({ switches, ...others }) => ({ ...others, ...switches, onePacket: false })),
    realServers: fc.uniqueArray(
      record({
        address: unicastAddress(of),
        port: fc.integer({ min: 1, max: 65535 }),
        method: fc.constantFrom('masq' as const, 'tunnel', 'route'),
        weight: fc.integer({ min: 0, max: 65535 }),
        upperThreshold: fc.constant(0),
        lowerThreshold: fc.constant(0),
      }),
      { maxLength: 4, selector: formatRealServer },
    ),
  }),
);
