import assert from 'node:assert/strict';
import { switchesOfFlags } from '../../../../src/kernel/ipvs/setting-flags.ts';
import { writeOperation } from '../../../../src/kernel/ipvs/encode.ts';
import type { Operation, RealServer, VirtualServerId } from '../../../../src/kernel/ipvs/model.ts';
import { hex, writtenHex } from '../../../support/written-bytes.ts';
import { ip, plainSettings } from '../../../support/ipvs-examples.ts';

/** The number that the kernel gave the family IPVS, and a sequence number. */
const family = 0x1c;
const sequence = 7;

const ipv4: VirtualServerId = {
  kind: 'address',
  protocol: 'TCP',
  address: ip('10.96.0.1'),
  port: 80,
};
const ipv6: VirtualServerId = {
  kind: 'address',
  protocol: 'UDP',
  address: ip('fd00::1'),
  port: 53,
};
const realServer: RealServer = {
  address: ip('10.244.0.7'),
  port: 8080,
  method: 'masq',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
};

/** The attributes by which the kernel finds a virtual server (include/uapi/linux/ip_vs.h). */
const ipv4Key = [
  '0600 0100 0200 0000', // AF: AF_INET
  '0600 0200 0600 0000', // PROTOCOL: IPPROTO_TCP
  '1400 0300 0a600001 00000000 00000000 00000000', // ADDR
  '0600 0400 0050 0000', // PORT, network order
];
const ipv6Key = [
  '0600 0100 0a00 0000', // AF: AF_INET6
  '0600 0200 1100 0000', // PROTOCOL: IPPROTO_UDP
  '1400 0300 fd000000 00000000 00000000 00000001', // ADDR
  '0600 0400 0035 0000', // PORT
];
const ipv4Service = ['3000 0180', ...ipv4Key]; // SERVICE, nested

function written(operation: Operation): string {
  return writtenHex((writer) => {
    writeOperation(writer, family, sequence, operation);
  });
}

describe('the message of a change to IPVS', () => {
  it('NEW_SERVICE for IPv4 gives the whole of every setting', () => {
    assert.equal(
      written({ kind: 'add virtual server', id: ipv4, settings: plainSettings }),
      hex(
        '68000000 1c00 0100 07000000 00000000', // nlmsghdr: NLM_F_REQUEST
        '01 01 0000', // genlmsghdr: NEW_SERVICE, version 1
        '5400 0180', // SERVICE, nested
        ...ipv4Key,
        '0700 0600 727200 00', // SCHED_NAME
        '0c00 0700 00000000 ffffffff', // FLAGS: value and mask
        '0800 0800 00000000', // TIMEOUT
        '0800 0900 ffffffff', // NETMASK
      ),
    );
  });

  it('NEW_SERVICE for IPv6 with persistence gives the netmask as the length of the prefix', () => {
    assert.equal(
      written({
        kind: 'add virtual server',
        id: ipv6,
        settings: {
          scheduler: 'mh',
          persistence: { timeoutSeconds: 10_800, prefixLength: 64 },
          schedulerFlags: 3,
          ...switchesOfFlags(0),
          owned: true,
        },
      }),
      hex(
        '68000000 1c00 0100 07000000 00000000',
        '01 01 0000',
        '5400 0180',
        ...ipv6Key,
        '0700 0600 6d6800 00',
        '0c00 0700 19000040 ffffffff', // ours 0x40000000, flag-2 0x10, flag-1 0x8, persistent 0x1
        '0800 0800 302a0000',
        '0800 0900 40000000',
      ),
    );
  });

  it('NEW_SERVICE by firewall mark has the mark in the place of protocol, address and port', () => {
    assert.equal(
      written({
        kind: 'add virtual server',
        id: { kind: 'fwmark', family: 'IPv4', fwmark: 7 },
        settings: {
          scheduler: 'wlc',
          persistence: { timeoutSeconds: 600, prefixLength: 24 },
          schedulerFlags: 0,
          ...switchesOfFlags(0),
          onePacket: true,
          limited: true,
        },
      }),
      hex(
        '4c000000 1c00 0100 07000000 00000000',
        '01 01 0000',
        '3800 0180',
        '0600 0100 0200 0000',
        '0800 0500 07000000', // FWMARK
        '0800 0600 776c6300',
        '0c00 0700 05000020 ffffffff', // limited 0x20000000, one-packet 0x4, persistent 0x1
        '0800 0800 58020000',
        '0800 0900 ffffff00', // network order
      ),
    );
  });

  for (const [prefixLength, mask] of [
    [0, '00000000'],
    [1, '80000000'],
    [31, 'fffffffe'],
    [32, 'ffffffff'],
  ] as const) {
    it(`gives an IPv4 prefix of ${prefixLength} as the netmask ${mask} in network order`, () => {
      const settings = { ...plainSettings, persistence: { timeoutSeconds: 1, prefixLength } };
      const bytes = written({ kind: 'add virtual server', id: ipv4, settings });
      assert.equal(bytes.slice(-16), hex('0800 0900', mask));
    });
  }

  it('SET_SERVICE is as NEW_SERVICE but for the command', () => {
    const added = written({ kind: 'add virtual server', id: ipv4, settings: plainSettings });
    const changed = written({ kind: 'change virtual server', id: ipv4, settings: plainSettings });
    assert.equal(changed.slice(32, 40), '02010000');
    assert.equal(changed.slice(0, 32) + changed.slice(40), added.slice(0, 32) + added.slice(40));
  });

  it('DEL_SERVICE only names the virtual server', () => {
    assert.equal(
      written({ kind: 'delete virtual server', id: ipv4 }),
      hex('44000000 1c00 0100 07000000 00000000', '03 01 0000', ...ipv4Service),
    );
    assert.equal(
      written({
        kind: 'delete virtual server',
        id: { kind: 'fwmark', family: 'IPv6', fwmark: 0xfedcba98 },
      }),
      hex(
        '28000000 1c00 0100 07000000 00000000',
        '03 01 0000',
        '1400 0180',
        '0600 0100 0a00 0000',
        '0800 0500 98badcfe',
      ),
    );
  });

  it('NEW_DEST names the virtual server and gives the whole real server', () => {
    assert.equal(
      written({ kind: 'add real server', id: ipv4, realServer }),
      hex(
        '8c000000 1c00 0100 07000000 00000000',
        '05 01 0000',
        ...ipv4Service,
        '4800 0280', // DEST, nested
        '0600 0b00 0200 0000', // ADDR_FAMILY
        '1400 0100 0af40007 00000000 00000000 00000000', // ADDR
        '0600 0200 1f90 0000', // PORT, network order
        '0800 0300 00000000', // FWD_METHOD: IP_VS_CONN_F_MASQ
        '0800 0400 01000000', // WEIGHT
        '0800 0500 00000000', // U_THRESH
        '0800 0600 00000000', // L_THRESH
      ),
    );
  });

  it('SET_DEST for IPv6 gives method, weight and thresholds', () => {
    assert.equal(
      written({
        kind: 'change real server',
        id: ipv6,
        realServer: {
          address: ip('fd00:244::7'),
          port: 5353,
          method: 'route',
          weight: 65535,
          upperThreshold: 100,
          lowerThreshold: 50,
        },
      }),
      hex(
        '8c000000 1c00 0100 07000000 00000000',
        '06 01 0000',
        '3000 0180',
        ...ipv6Key,
        '4800 0280',
        '0600 0b00 0a00 0000',
        '1400 0100 fd000244 00000000 00000000 00000007',
        '0600 0200 14e9 0000',
        '0800 0300 03000000',
        '0800 0400 ffff0000',
        '0800 0500 64000000',
        '0800 0600 32000000',
      ),
    );
  });

  for (const [method, number] of [
    ['masq', '00'],
    ['local', '01'],
    ['tunnel', '02'],
    ['route', '03'],
    ['bypass', '04'],
  ] as const) {
    it(`gives the forwarding method ${method} the number ${number}`, () => {
      const bytes = written({
        kind: 'add real server',
        id: ipv4,
        realServer: { ...realServer, method },
      });
      assert.ok(
        bytes.includes(hex('1f90 0000', '0800 0300', number, '000000', '0800 0400')),
        bytes,
      );
    });
  }

  it('DEL_DEST only names the virtual server and the real server', () => {
    assert.equal(
      written({ kind: 'delete real server', id: ipv4, realServer }),
      hex(
        '6c000000 1c00 0100 07000000 00000000',
        '07 01 0000',
        ...ipv4Service,
        '2800 0280',
        '0600 0b00 0200 0000',
        '1400 0100 0af40007 00000000 00000000 00000000',
        '0600 0200 1f90 0000',
      ),
    );
  });

  it('names a protocol by its IP number', () => {
    const protocolBytes = (protocol: 'TCP' | 'UDP' | 'SCTP'): string =>
      written({ kind: 'delete virtual server', id: { ...ipv4, protocol } }).slice(64, 80);
    assert.equal(protocolBytes('TCP'), hex('0600 0200 0600 0000'));
    assert.equal(protocolBytes('UDP'), hex('0600 0200 1100 0000'));
    assert.equal(protocolBytes('SCTP'), hex('0600 0200 8400 0000'));
  });
});
