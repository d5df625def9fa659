import { IpAddress } from '../../src/net/ip-address.ts';
import { switchesOfFlags } from '../../src/kernel/ipvs/setting-flags.ts';
import type { RealServer, VirtualServer, VirtualServerId } from '../../src/kernel/ipvs/model.ts';
import type { ObservedAddress } from '../../src/kernel/vip-link/bound-address-difference.ts';
import type { Protocol } from '../../src/net/protocol.ts';
import type { FakeKernel } from './fake-kernel/fake-kernel.ts';
import type * as InNumbers from './fake-kernel/ipvs-messages.ts';

/**
 * Between what the fake kernel holds, in the kernel's numbers, and the model of the program, without
 * the code under test: to see what is there, and to put there what somebody else made.
 */

const families = { IPv4: 2, IPv6: 10 } as const;
const protocols: Readonly<Record<Protocol, number>> = { TCP: 6, UDP: 17, SCTP: 132 };
const methods = ['masq', 'local', 'tunnel', 'route'] as const;
const flag = {
  persistent: 0x1,
  hashed: 0x2,
  onePacket: 0x4,
  limited: 0x2000_0000,
  owned: 0x4000_0000,
};

/** All virtual servers, under their keys in the loop. */
export function rowsOf({ ipvs }: FakeKernel): Map<string, VirtualServer> {
  return new Map(Array.from(ipvs.virtualServers, ([key, row]) => [key, rowOf(row)]));
}

/** Puts virtual servers into the kernel, in the place of those with their keys. */
export function putRows(
  { ipvs }: FakeKernel,
  rows: Iterable<readonly [string, VirtualServer]>,
): void {
  for (const [key, row] of rows) {
    ipvs.virtualServers.set(key, kernelRowOf(row));
  }
}

/** Binds an address to the VIP link as an earlier run of kube-ipvs did, or as somebody else does. */
export function bindVip({ route }: FakeKernel, address: IpAddress, owned = true): void {
  const link = route.links.find(({ name }) => name === 'kube-ipvs0');
  const { bytes } = address;
  const index = link?.index ?? route.addLink('kube-ipvs0', 'dummy');
  const family = families[address.family];
  const life = !owned ? {} : family === 2 ? { scope: 253 } : { flags: 0x2a2 };
  route.bind(index, family, Buffer.from(bytes), bytes.length * 8, owned ? 27_497 : 0, life);
}

/** The addresses of the VIP link, by their texts. */
export function vipsOf({ route }: FakeKernel): Map<string, ObservedAddress> {
  const link = route.links.find(({ name }) => name === 'kube-ipvs0');
  const rows = route.addresses.filter(({ linkIndex }) => linkIndex === link?.index);
  return new Map(
    rows.map(({ family, text, bytes, metric, flags }) => {
      const isSettled = (flags & 0x80) !== 0 && (family === 2 || (flags & 0x20) !== 0);
      const address = IpAddress.fromBytes(family === 2 ? 'IPv4' : 'IPv6', bytes);
      return [text, { address, owned: metric === 27_497, settled: isSettled }];
    }),
  );
}

function rowOf({ identity, settings, realServers }: InNumbers.VirtualServer): VirtualServer {
  const { flags, scheduler, timeoutSeconds, netmask } = settings;
  const persistence = {
    timeoutSeconds,
    prefixLength:
      identity.family === 2
        ? netmask.readUInt32BE().toString(2).replaceAll('0', '').length
        : netmask.readUInt32LE(),
  };
  return {
    id: idOf(identity),
    settings: {
      scheduler,
      persistence: (flags & flag.persistent) === 0 ? undefined : persistence,
      schedulerFlags: (flags >> 3) & 7,
      // A bit that is new is held to its number by the tests of the bytes.
      ...switchesOfFlags(flags),
      onePacket: (flags & flag.onePacket) !== 0,
      limited: (flags & flag.limited) !== 0,
      owned: (flags & flag.owned) !== 0,
    },
    realServers: new Map(Array.from(realServers, ([key, row]) => [key, realServerOf(row)])),
  };
}

function idOf({ family, protocol, address, port, fwmark }: InNumbers.Identity): VirtualServerId {
  const name = family === 2 ? 'IPv4' : 'IPv6';
  if (fwmark !== 0) {
    return { kind: 'fwmark', family: name, fwmark };
  }
  const [known] = (['TCP', 'UDP', 'SCTP'] as const).filter((each) => protocols[each] === protocol);
  if (known === undefined) {
    throw new Error(`a virtual server of protocol ${protocol}`);
  }
  return { kind: 'address', protocol: known, address: IpAddress.fromBytes(name, address), port };
}

function realServerOf(row: InNumbers.RealServer): RealServer {
  const { family, address, port, method, weight, upperThreshold, lowerThreshold } = row;
  return {
    address: IpAddress.fromBytes(family === 2 ? 'IPv4' : 'IPv6', address),
    port,
    method: methods[method] ?? 'masq',
    weight,
    upperThreshold,
    lowerThreshold,
  };
}

function identityOf(id: VirtualServerId): InNumbers.Identity {
  return id.kind === 'address'
    ? {
        family: families[id.address.family],
        protocol: protocols[id.protocol],
        address: padded(id.address),
        port: id.port,
        fwmark: 0,
      }
    : {
        family: families[id.family],
        protocol: 0,
        address: Buffer.alloc(16),
        port: 0,
        fwmark: id.fwmark,
      };
}

function kernelRowOf({ id, settings, realServers }: VirtualServer): InNumbers.VirtualServer {
  const { scheduler, persistence, onePacket, schedulerFlags, limited, owned } = settings;
  const identity = identityOf(id);
  return {
    identity,
    settings: {
      scheduler,
      flags:
        flag.hashed |
        (persistence === undefined ? 0 : flag.persistent) |
        (onePacket ? flag.onePacket : 0) |
        (schedulerFlags << 3) |
        (limited ? flag.limited : 0) |
        (owned ? flag.owned : 0),
      timeoutSeconds: persistence?.timeoutSeconds ?? 0,
      netmask: netmaskOf(identity.family, persistence?.prefixLength),
    },
    realServers: new Map(
      Array.from(realServers, ([key, { address, port, method, ...numbers }]) => [
        key,
        {
          family: families[address.family],
          address: padded(address),
          port,
          method: (methods as readonly string[]).indexOf(method),
          ...numbers,
          connections: undefined,
        },
      ]),
    ),
  };
}

function netmaskOf(family: 2 | 10, prefixLength = family === 2 ? 32 : 128): Buffer {
  const bytes = Buffer.alloc(4);
  if (family === 2) {
    bytes.writeUInt32BE(2 ** 32 - 2 ** (32 - prefixLength));
  } else {
    bytes.writeUInt32LE(prefixLength);
  }
  return bytes;
}

function padded({ bytes }: IpAddress): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(16 - bytes.length)]);
}
