import assert from 'node:assert/strict';
import { writeCreateSet, writeSetOperation } from '../../../../src/kernel/ipset/encode.ts';
import type { IpSet } from '../../../../src/kernel/ipset/model.ts';
import { formatSetEntry, type SetEntry } from '../../../../src/kernel/ipset/set-entry.ts';
import { cidr, ip } from '../../../support/cluster-objects.ts';
import {
  a4,
  a6,
  ascii,
  assertWritten,
  protocolSix,
  setNameA,
} from '../../../support/written-ipset.ts';

describe('the order to make a set of port ranges', () => {
  it('asks for marks for packets, and for more room, where the entries are ports with marks', () => {
    assertWritten(
      (writer) => {
        writeCreateSet(writer, 1, { ...a4, type: 'hash:ip,port', givesMarks: true }, 6);
      },
      '5c000000 0206 0106 01000000 00000000',
      '02 00 0000',
      protocolSix,
      setNameA,
      '1100 0300',
      ascii('hash:ip,port'),
      '000000 0500 0400 06 000000',
      '0500 0500 02 000000',
      '1400 0780',
      '0800 1340 00400000',
      '0800 0840 00000040',
    );
  });

  it('names the bits of marks that count', () => {
    assertWritten(
      (writer) => {
        writeCreateSet(writer, 1, { ...a6, type: 'hash:ip,mark', markMask: 0x107f }, 3);
      },
      '5c000000 0206 0106 01000000 00000000',
      '0a 00 0000',
      protocolSix,
      setNameA,
      '1100 0300',
      ascii('hash:ip,mark'),
      '000000 0500 0400 03 000000',
      '0500 0500 0a 000000',
      '1400 0780',
      '0800 1340 00100000',
      '0800 0b40 0000107f',
    );
  });
});

describe('an entry of a set of port ranges', () => {
  const address4 = (type: string, digits: string) => `0c00 ${type}80 0800 0140 ${digits}`;
  const address6 = (type: string, digits: string) => `1800 ${type}80 1400 0240 ${digits}`;
  const five6 = 'fd000096 00000000 00000000 00000005';
  const rows: readonly {
    readonly what: string;
    readonly set: IpSet;
    readonly entry: SetEntry;
    readonly lines: readonly string[];
  }[] = [
    {
      what: 'ports that get a mark: the first, the last, the mark with its mask',
      set: { ...a4, type: 'hash:ip,port', givesMarks: true },
      entry: {
        kind: 'marked ports',
        address: ip('10.96.0.5'),
        protocol: 'UDP',
        first: 10_000,
        last: 20_000,
        mark: 0x1003,
        mask: 0x107f,
      },
      lines: [
        '58000000 0906 0100',
        '02',
        '3400 0780',
        address4('01', '0a600005'),
        '0500 0700 11 000000',
        '0600 0440 2710 0000',
        '0600 0540 4e20 0000',
        '0c00 1b40 00001003 0000107f',
      ],
    },
    {
      what: 'an address with a mark',
      set: { ...a4, type: 'hash:ip,mark' },
      entry: { kind: 'address and mark', address: ip('10.96.0.5'), mark: 0x1003 },
      lines: [
        '3c000000 0906 0100',
        '02',
        '1800 0780',
        address4('01', '0a600005'),
        '0800 0a40 00001003',
      ],
    },
    {
      what: 'an address with a source',
      set: { ...a4, type: 'hash:net,net' },
      entry: {
        kind: 'address and source',
        address: ip('10.96.0.5'),
        source: cidr('172.16.0.0/12'),
      },
      lines: [
        '48000000 0906 0100',
        '02',
        '2400 0780',
        address4('01', '0a600005'),
        address4('14', 'ac100000'),
        '0500 1500 0c 000000',
      ],
    },
    {
      what: 'an address that reaches itself',
      set: { ...a6, type: 'hash:net,net' },
      entry: { kind: 'address to itself', address: ip('fd00:96::5') },
      lines: [
        '60000000 0906 0100',
        '0a',
        '3c00 0780',
        address6('01', five6),
        address6('14', five6),
        '0500 1500 80 000000',
      ],
    },
  ];

  for (const { what, set, entry, lines } of rows) {
    it(`is written as ${what}`, () => {
      const [header = '', family = '', ...data] = lines;
      assertWritten(
        (writer) => {
          writeSetOperation(writer, 9, { kind: 'add entry', set, entry });
        },
        `${header} 09000000 00000000`,
        `${family} 00 0000`,
        protocolSix,
        setNameA,
        ...data,
      );
    });
  }
});

describe('an entry of a set as text', () => {
  const address = ip('2001:db8::1');
  for (const [entry, text] of [
    [
      {
        kind: 'marked ports',
        address,
        protocol: 'UDP',
        first: 1,
        last: 9,
        mark: 0x1001,
        mask: 0x107f,
      },
      'UDP [2001:db8::1]:1-9 0x1001/0x107f',
    ],
    [{ kind: 'address and mark', address, mark: 0x1001 }, '2001:db8::1,0x1001'],
    [{ kind: 'address and source', address, source: cidr('fd00::/8') }, '2001:db8::1,fd00::/8'],
    [{ kind: 'address to itself', address }, '2001:db8::1,2001:db8::1'],
  ] as const) {
    it(`is ${text}`, () => {
      assert.equal(formatSetEntry(entry), text);
    });
  }
});
