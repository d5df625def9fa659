import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ListedRealServer } from '../../../../src/kernel/ipvs/listed-real-servers.ts';
import {
  formatRealServer,
  formatVirtualServer,
  type RealServer,
} from '../../../../src/kernel/ipvs/model.ts';
import { ProcTableParser } from '../../../../src/kernel/ipvs/proc-table.ts';
import * as arbitrary from '../../../support/arbitraries.ts';

const header = [
  'IP Virtual Server version 1.2.1 (size=4096)',
  'Prot LocalAddress:Port Scheduler Flags',
  '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
];

/** As Linux 6.1 writes it. */
const shown = [
  ...header,
  'TCP  0A600505:0050 wlc  persistent 60000 FFFFFF00',
  '  -> 0A000003:0050      Route   0      0          0         ',
  '  -> 0A000002:1F90      Tunnel  65535  12         345       ',
  '  -> 0A000001:0050      Masq    3      0          0         ',
  'TCP  [fd00:0000:0000:0000:0000:0000:0000:0001]:0050 rr persistent 36000 40000000',
  '  -> [fd00:0000:0000:0000:0000:0000:0000:0002]:0050      Masq    1      0          7         ',
  'UDP  0A600505:0035 mh ops  ',
  'SCTP  [fd00:0000:0000:0000:0000:0000:0000:0001]:0050 rr ',
  '  -> 0A000004:0050      Local   1      0          0         ',
  'FWM  00000007 rr ',
  '  -> 0A000009:0000      Route   1      0          0         ',
  '',
].join('\n');

function parseProcTable(...parts: readonly string[]): Map<string, ListedRealServer[]> {
  const table = new Map<string, ListedRealServer[]>();
  const parser = new ProcTableParser((listed) => table.set(listed.key, listed.all()));
  parts.forEach((part) => {
    parser.push(Buffer.from(part, 'latin1'));
  });
  parser.end();
  return table;
}

/** The table in words: `ADDRESS:PORT METHOD WEIGHT ACTIVE INACTIVE` by virtual server. */
function inWords(text: string): Record<string, string[]> {
  const words = [...parseProcTable(text)].map(([key, realServers]) => [
    key,
    realServers.map(({ realServer: { address, port, method, weight }, ...connections }) =>
      [
        `${address.text}|${port}`,
        method,
        weight,
        connections.activeConnections,
        connections.inactiveConnections,
      ].join(' '),
    ),
  ]);
  // Object.fromEntries gives `any` values to entries of mixed types; the type is what was built above.
  return Object.fromEntries(words) as Record<string, string[]>;
}

const withLines = (...lines: readonly string[]): string => [...header, ...lines, ''].join('\n');

describe('the text of /proc/net/ip_vs', () => {
  it('is read as the real servers of each virtual server, without those by firewall mark', () => {
    assert.deepEqual(inWords(shown), {
      'TCP 10.96.5.5:80': [
        '10.0.0.3|80 route 0 0 0',
        '10.0.0.2|8080 tunnel 65535 12 345',
        '10.0.0.1|80 masq 3 0 0',
      ],
      'TCP [fd00::1]:80': ['fd00::2|80 masq 1 0 7'],
      'UDP 10.96.5.5:53': [],
      'SCTP [fd00::1]:80': ['10.0.0.4|80 local 1 0 0'],
    });
  });

  it('is an empty table where there is only its header, or nothing', () => {
    assert.deepEqual(inWords(withLines()), {});
    assert.deepEqual(inWords(''), {});
  });

  for (const [what, line] of [
    ['of an unknown protocol', 'DCCP  0A600002:0050 rr '],
    ['whose address is cut short', 'TCP  0A6000:0050 rr '],
    ['whose port is no number', 'TCP  0A600002:xyz rr '],
    ['whose IPv6 address makes no sense', 'TCP  [fd00:zz::1]:0050 rr '],
    ['without a port', 'TCP  0A600002 rr '],
  ] as const) {
    it(`leaves out a virtual server ${what}, with its real servers, and no other`, () => {
      const text = withLines(
        'TCP  0A600001:0050 rr ',
        '  -> 0A000001:0050      Masq    1      0          0         ',
        line,
        '  -> 0A000002:0050      Masq    1      0          0         ',
        'TCP  0A600003:0050 rr ',
        '  -> 0A000003:0050      Masq    1      0          0         ',
      );
      assert.deepEqual(inWords(text), {
        'TCP 10.96.0.1:80': ['10.0.0.1|80 masq 1 0 0'],
        'TCP 10.96.0.3:80': ['10.0.0.3|80 masq 1 0 0'],
      });
    });
  }

  for (const [what, line] of [
    ['of an unknown method', '  -> 0A000009:0050      Teleport 1      0          0         '],
    ['whose address makes no sense', '  -> 0A0000:0050      Masq    1      0          0         '],
    ['whose weight is no number', '  -> 0A000009:0050      Masq    many   0          0         '],
    ['that is cut off', '  -> 0A000009:0050      Ma'],
    ['that is empty', '  -> '],
  ] as const) {
    it(`leaves out a real server ${what} and no other`, () => {
      const text = withLines(
        'TCP  0A600001:0050 rr ',
        '  -> 0A000001:0050      Masq    1      0          0         ',
        line,
        '  -> 0A000003:0050      Masq    1      0          0         ',
      );
      assert.deepEqual(inWords(text), {
        'TCP 10.96.0.1:80': ['10.0.0.1|80 masq 1 0 0', '10.0.0.3|80 masq 1 0 0'],
      });
    });
  }

  it('uses the keys of formatVirtualServer', () => {
    fc.assert(
      fc.property(arbitrary.kernelTable(5), (entries) => {
        const lines = entries.flatMap(({ id }) =>
          id.kind === 'address'
            ? [`${id.protocol}  ${procAddress(id.address)}:${procPort(id.port)} rr `]
            : [],
        );
        assert.deepEqual(
          [...parseProcTable(withLines(...lines)).keys()],
          entries.map(({ id }) => formatVirtualServer(id)),
        );
      }),
    );
  });

  it('may come in parts that end anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: shown.length })), (ends) => {
        const cuts = [0, ...ends.toSorted((a, b) => a - b), shown.length];
        const parts = cuts.slice(1).map((end, index) => shown.slice(cuts[index], end));
        assert.deepEqual(parseProcTable(...parts), parseProcTable(shown));
      }),
    );
  });

  it('never fails, whatever it holds', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(...shown.split('\n')),
      fc
        .constantFrom(...shown.split('\n'))
        .chain((whole) => fc.nat({ max: whole.length }).map((length) => whole.slice(0, length))),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        for (const key of parseProcTable(lines.join('\n')).keys()) {
          assert.match(key, /^(TCP|UDP|SCTP) \S+:\d+$/);
        }
      }),
    );
  });

  it('says whether the real servers are those that are known, by all that it shows of them', () => {
    const known = fc.array(arbitrary.realServer, { maxLength: 4 }).map(byKey);
    fc.assert(
      fc.property(known, known, fc.boolean(), (listed, others, isSame) => {
        const expected = isSame ? listed : others;
        const parser = new ProcTableParser((realServers) => {
          assert.equal(realServers.areAs(expected), areAsShown(realServers.all(), expected));
          // The kernel lists the last one first, after changes in any order.
          assert.equal(
            realServers.areAs(new Map([...expected].toReversed())),
            areAsShown(realServers.all(), expected),
          );
        });
        const lines = [...header, 'TCP  0A600001:0050 rr ', ...Array.from(listed.values(), lineOf)];
        parser.push(Buffer.from(`${lines.join('\n')}\n`));
        parser.end();
      }),
    );
  });
});

function procAddress(address: { readonly bytes: Uint8Array }): string {
  const digits = Buffer.from(address.bytes).toString('hex');
  return digits.length === 8 ? digits.toUpperCase() : `[${digits.match(/..../g)?.join(':') ?? ''}]`;
}

function procPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

const byKey = (rows: readonly RealServer[]): Map<string, RealServer> =>
  new Map(rows.map((row) => [formatRealServer(row), row]));

/** As Linux writes a real server. */
function lineOf({ address, port, method, weight }: RealServer): string {
  const host =
    address.family === 'IPv4' ? hexOf(address.text.split('.').map(Number), 2) : `[${address.text}]`;
  const word = `${method.slice(0, 1).toUpperCase()}${method.slice(1)}`;
  return `  -> ${host}:${hexOf([port], 4)}      ${word}    ${weight}      0          0`;
}

const hexOf = (numbers: readonly number[], digits: number): string =>
  numbers.map((number) => number.toString(16).toUpperCase().padStart(digits, '0')).join('');

function areAsShown(
  listed: readonly ListedRealServer[],
  known: ReadonlyMap<string, RealServer>,
): boolean {
  return (
    listed.length === known.size &&
    listed.every(({ realServer }) => {
      const same = known.get(formatRealServer(realServer));
      const { method, weight } = realServer;
      return weight !== 0 && same?.method === method && same.weight === weight;
    })
  );
}
