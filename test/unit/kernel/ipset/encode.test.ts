import assert from 'node:assert/strict';
import {
  writeCreateSet,
  writeDestroySet,
  writeGetType,
  writeListSet,
  writeSetOperation,
} from '../../../../src/kernel/ipset/encode.ts';
import type { SetEntry } from '../../../../src/kernel/ipset/set-entry.ts';
import type { IpSet } from '../../../../src/kernel/ipset/model.ts';
import { cidr, ip } from '../../../support/cluster-objects.ts';
import { writtenHex } from '../../../support/written-bytes.ts';
import {
  a4,
  a6,
  ascii,
  assertWritten,
  protocolSix,
  setNameA,
} from '../../../support/written-ipset.ts';

const ports: IpSet = { name: 'a', type: 'bitmap:port', family: 'IPv4' };

describe('the question for the revisions of a type', () => {
  it('names the type and the family', () => {
    assertWritten(
      (writer) => {
        writeGetType(writer, 7, { type: 'hash:ip', family: 'IPv6' });
      },
      '30000000 0d06 0100 07000000 00000000',
      '0a 00 0000',
      protocolSix,
      '0c00 0300',
      ascii('hash:ip'),
      '0500 0500 0a 000000',
    );
  });

  it('has no family for ports', () => {
    assertWritten(
      (writer) => {
        writeGetType(writer, 7, ports);
      },
      '34000000 0d06 0100 07000000 00000000',
      '02 00 0000',
      protocolSix,
      '1000 0300',
      ascii('bitmap:port'),
      '0500 0500 00 000000',
    );
  });
});

describe('the order to make a set', () => {
  it('fails where there is one of that name, and sets room for 1,048,576 entries', () => {
    assertWritten(
      (writer) => {
        writeCreateSet(writer, 1, a4, 5);
      },
      // NLM_F_REQUEST | NLM_F_EXCL | NLM_F_CREATE
      '4c000000 0206 0106 01000000 00000000',
      '02 00 0000',
      protocolSix,
      setNameA,
      '0c00 0300',
      ascii('hash:ip'),
      '0500 0400 05 000000',
      '0500 0500 02 000000',
      '0c00 0780',
      '0800 1340 00100000',
    );
  });

  it('covers all ports where it holds ports', () => {
    assertWritten(
      (writer) => {
        writeCreateSet(writer, 1, ports, 3);
      },
      '58000000 0206 0106 01000000 00000000',
      '02 00 0000',
      protocolSix,
      setNameA,
      '1000 0300',
      ascii('bitmap:port'),
      '0500 0400 03 000000',
      '0500 0500 00 000000',
      '1400 0780',
      '0600 0440 0000 0000',
      '0600 0540 ffff 0000',
    );
  });
});

describe('the order to delete a set', () => {
  it('names it', () => {
    assertWritten(
      (writer) => {
        writeDestroySet(writer, 1, 'a');
      },
      '24000000 0306 0100 01000000 00000000',
      '02 00 0000',
      protocolSix,
      setNameA,
    );
  });
});

describe('the question for a set', () => {
  it('is a dump of that set alone', () => {
    assertWritten(
      (writer) => {
        writeListSet(writer, 1, 'a', 'entries');
      },
      '24000000 0706 0103 01000000 00000000',
      '02 00 0000',
      protocolSix,
      setNameA,
    );
  });

  it('can leave the entries out', () => {
    assertWritten(
      (writer) => {
        writeListSet(writer, 1, 'a', 'header');
      },
      '2c000000 0706 0103 01000000 00000000',
      '02 00 0000',
      protocolSix,
      setNameA,
      '0800 0640 00000004',
    );
  });
});

describe('a change of what a set holds', () => {
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
      what: 'an IPv4 address',
      set: a4,
      entry: { kind: 'address', address: ip('10.96.0.5') },
      lines: ['34000000 0906 0100', '02', '1000 0780', address4('01', '0a600005')],
    },
    {
      what: 'an IPv6 address',
      set: a6,
      entry: { kind: 'address', address: ip('fd00:96::5') },
      lines: ['40000000 0906 0100', '0a', '1c00 0780', address6('01', five6)],
    },
    {
      what: 'an endpoint, protocol before port',
      set: { ...a4, type: 'hash:ip,port' },
      entry: { kind: 'endpoint', address: ip('10.96.0.5'), protocol: 'UDP', port: 53 },
      lines: [
        '44000000 0906 0100',
        '02',
        '2000 0780',
        address4('01', '0a600005'),
        '0500 0700 11 000000',
        '0600 0440 0035 0000',
      ],
    },
    {
      what: 'an endpoint with a source',
      set: { ...a4, type: 'hash:ip,port,net' },
      entry: {
        kind: 'endpoint and source',
        address: ip('10.96.0.5'),
        protocol: 'SCTP',
        port: 38412,
        source: cidr('172.16.0.0/12'),
      },
      lines: [
        '58000000 0906 0100',
        '02',
        '3400 0780',
        address4('01', '0a600005'),
        '0500 0700 84 000000',
        '0600 0440 960c 0000',
        address4('14', 'ac100000'),
        '0500 1500 0c 000000',
      ],
    },
    {
      what: 'an endpoint that reaches itself',
      set: { ...a6, type: 'hash:ip,port,ip' },
      entry: {
        kind: 'endpoint to itself',
        address: ip('fd00:96::5'),
        protocol: 'TCP',
        port: 8080,
      },
      lines: [
        '68000000 0906 0100',
        '0a',
        '4400 0780',
        address6('01', five6),
        '0500 0700 06 000000',
        '0600 0440 1f90 0000',
        address6('14', five6),
      ],
    },
    {
      what: 'a port',
      set: ports,
      entry: { kind: 'port', port: 32000 },
      lines: ['30000000 0906 0100', '02', '0c00 0780', '0600 0440 7d00 0000'],
    },
  ];

  for (const { what, set, entry, lines } of rows) {
    it(`adds ${what}`, () => {
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

  it('is an order of its own to delete, and the same otherwise', () => {
    const entry: SetEntry = { kind: 'port', port: 32000 };
    const [added, deleted] = (['add entry', 'delete entry'] as const).map((kind) =>
      writtenHex((writer) => {
        writeSetOperation(writer, 9, { kind, set: ports, entry });
      }),
    );
    assert.equal(deleted, added?.replace('300000000906', '300000000a06'));
  });
});
