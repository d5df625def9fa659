import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  readAddress,
  readLink,
  writeAddressOperation,
  writeDeleteLink,
  writeGetAddresses,
  writeGetLinks,
  writeNewDummyLink,
  writeSetLinkAlias,
  type AddressOperation,
} from '../../../../src/kernel/vip-link/messages.ts';
import {
  MalformedMessageError,
  readMessages,
} from '../../../../src/kernel/netlink/message-reader.ts';
import * as arbitrary from '../../../support/arbitraries.ts';
import { attribute } from '../../../support/fake-kernel/wire.ts';
import { ip } from '../../../support/ipvs-examples.ts';
import { hex, writtenBytes, writtenHex } from '../../../support/written-bytes.ts';

const written = (kind: AddressOperation['kind'], address: string): string =>
  writtenHex((writer) => {
    writeAddressOperation(writer, 7, 5, { kind, address: ip(address) });
  });

const ipv4Attributes = ['0800 0200 0a600001', '0800 0100 0a600001']; // LOCAL, ADDRESS
const ipv6Attributes = [
  '1400 0200 fd000000 00000000 00000000 00000001',
  '1400 0100 fd000000 00000000 00000000 00000001',
];
const deprecated = '1400 0600 00000000 ffffffff 00000000 00000000'; // CACHEINFO: preferred 0 s, valid for ever
const metric = '0800 0900 696b0000'; // RT_PRIORITY 27497

describe('the message of a change of address', () => {
  it('RTM_NEWADDR binds an IPv4 address as /32 of scope link with our metric, unless it is there', () => {
    assert.equal(
      written('bind', '10.96.0.1'),
      hex(
        '30000000 1400 0106 07000000 00000000', // NLM_F_REQUEST, EXCL 0x200, CREATE 0x400
        '02 20 00 fd 05000000', // ifaddrmsg: AF_INET, /32, no flags, scope link, link 5
        ...ipv4Attributes,
        metric,
      ),
    );
  });

  it('RTM_NEWADDR binds an IPv6 address as /128, deprecated, without duplicate detection or prefix route', () => {
    assert.equal(
      written('bind', 'fd00::1'),
      hex(
        '64000000 1400 0106 07000000 00000000',
        '0a 80 00 00 05000000',
        ...ipv6Attributes,
        metric,
        '0800 0800 02020000', // FLAGS: NODAD 0x02, NOPREFIXROUTE 0x200
        deprecated,
      ),
    );
  });

  it('RTM_NEWADDR adopts an IPv6 address by making it as if it were bound anew', () => {
    assert.equal(
      written('adopt', 'fd00::1'),
      hex(
        '64000000 1400 0101 07000000 00000000',
        '0a 80 00 00 05000000',
        ...ipv6Attributes,
        metric,
        '0800 0800 02020000',
        deprecated,
      ),
    );
  });

  it('RTM_NEWADDR adopts an address by replacing it', () => {
    assert.equal(
      written('adopt', '10.96.0.1'),
      hex(
        '30000000 1400 0101 07000000 00000000', // REPLACE 0x100
        '02 20 00 00 05000000',
        ...ipv4Attributes,
        metric,
      ),
    );
  });

  it('RTM_DELADDR unbinds an address, whatever its metric', () => {
    assert.equal(
      written('unbind', '10.96.0.1'),
      hex('28000000 1500 0100 07000000 00000000', '02 20 00 00 05000000', ...ipv4Attributes),
    );
    assert.equal(
      written('unbind', 'fd00::1'),
      hex('40000000 1500 0100 07000000 00000000', '0a 80 00 00 05000000', ...ipv6Attributes),
    );
  });
});

describe('the message about links', () => {
  it('RTM_NEWLINK makes a dummy link that is down and has no ARP, unless it is there', () => {
    assert.equal(
      writtenHex((writer) => {
        writeNewDummyLink(writer, 7, 'kube-ipvs0');
      }),
      hex(
        '40000000 1000 0106 07000000 00000000',
        '00000000 00000000 80000000 80000000', // ifinfomsg: flags and change mask IFF_NOARP
        '0f00 0300 6b7562652d6970767330 00 00', // IFNAME
        '1000 1280', // LINKINFO, nested
        '0a00 0100 64756d6d7900 0000', // KIND: dummy
      ),
    );
  });

  it('RTM_NEWLINK of a link that exists gives it an alias and changes no flag', () => {
    assert.equal(
      writtenHex((writer) => {
        writeSetLinkAlias(writer, 7, 5, 'ours');
      }),
      hex(
        '2c000000 1000 0100 07000000 00000000',
        '00000000 05000000 00000000 00000000',
        '0900 1400 6f757273 00000000', // IFALIAS
      ),
    );
  });

  it('RTM_DELLINK names the link by its index', () => {
    assert.equal(
      writtenHex((writer) => {
        writeDeleteLink(writer, 7, 5);
      }),
      hex('20000000 1100 0100 07000000 00000000', '00000000 05000000 00000000 00000000'),
    );
  });

  it('RTM_GETLINK and RTM_GETADDR are dumps of everything', () => {
    assert.equal(
      writtenHex((writer) => {
        writeGetLinks(writer, 7);
      }),
      hex('20000000 1200 0103 07000000 00000000', '00000000 00000000 00000000 00000000'),
    );
    assert.equal(
      writtenHex((writer) => {
        writeGetAddresses(writer, 7);
      }),
      hex('18000000 1600 0103 07000000 00000000', '00000000 00000000'),
    );
  });
});

describe('an address as the kernel shows it', () => {
  const read = (...lines: readonly string[]) => readAddress(Buffer.from(hex(...lines), 'hex'));

  it('has a link, a prefix length and the metric by which ours are known', () => {
    assert.deepEqual(read('02 20 80 00 05000000', ...ipv4Attributes, metric), {
      linkIndex: 5,
      address: ip('10.96.0.1'),
      prefixLength: 32,
      metric: 27_497,
      deprecated: false,
      permanent: true,
    });
    assert.deepEqual(
      read('0a 40 20 00 02000000', '1400 0100 fd000000 00000000 00000000 00000001'),
      {
        linkIndex: 2,
        address: ip('fd00::1'),
        prefixLength: 64,
        metric: 0,
        deprecated: true,
        permanent: false,
      },
    );
  });

  it('of a point-to-point link is the own one, not the other end', () => {
    const found = read('02 20 80 00 05000000', '0800 0100 0a000002', '0800 0200 0a000001');
    assert.equal(found?.address.text, '10.0.0.1');
  });

  it('of another family, or without an address, is left out', () => {
    assert.equal(read('11 20 80 00 05000000', ...ipv4Attributes), undefined);
    assert.equal(read('02 20 80 00 05000000', metric), undefined);
    assert.equal(read('0a 80 80 00 05000000', '0800 0200 0a000001'), undefined);
  });

  it('gives back every address that is bound', () => {
    fc.assert(
      fc.property(
        arbitrary.family.chain(arbitrary.address),
        fc.constantFrom('bind' as const, 'adopt'),
        (address, kind) => {
          const [message] = readMessages(
            writtenBytes((writer) => {
              writeAddressOperation(writer, 1, 9, { kind, address });
            }),
          );
          assert.deepEqual(readAddress(message?.payload ?? Buffer.alloc(0)), {
            linkIndex: 9,
            address,
            prefixLength: address.family === 'IPv4' ? 32 : 128,
            metric: 27_497,
            // Flags that the kernel alone sets.
            deprecated: false,
            permanent: false,
          });
        },
      ),
    );
  });
});

describe('a link as the kernel shows it', () => {
  const header = (flags: number): Buffer => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32LE(5, 4);
    bytes.writeUInt32LE(flags, 8);
    return bytes;
  };

  it('has a name, a kind, an alias and is up or down', () => {
    const info = attribute(18, attribute(1, Buffer.from('dummy\0')));
    const payload = Buffer.concat([
      header(0x83),
      attribute(3, Buffer.from('kube-ipvs0\0')),
      attribute(20, Buffer.from('ours\0')),
      info,
    ]);
    assert.deepEqual(readLink(payload), {
      index: 5,
      name: 'kube-ipvs0',
      kind: 'dummy',
      alias: 'ours',
      up: true,
    });
  });

  it('of hardware has no kind', () => {
    const payload = Buffer.concat([header(0x82), attribute(3, Buffer.from('eth0\0'))]);
    assert.deepEqual(readLink(payload), {
      index: 5,
      name: 'eth0',
      kind: undefined,
      alias: undefined,
      up: false,
    });
  });
});

describe('an answer of rtnetlink that makes no sense', () => {
  it('is refused with MalformedMessageError and nothing else', () => {
    const attributes = fc
      .array(
        fc
          .tuple(fc.constantFrom(1, 2, 3, 8, 9, 18, 20), fc.uint8Array({ maxLength: 20 }))
          .map(([type, value]) => attribute(type, value)),
        { maxLength: 6 },
      )
      .map((parts) => Buffer.concat(parts));
    const start = fc.constantFrom('', '02200000 05000000', '0a800000 05000000', '00'.repeat(16));
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(start, attributes)
        .map(([digits, rest]) => Buffer.concat([Buffer.from(hex(digits), 'hex'), rest])),
    );
    fc.assert(
      fc.property(payload, (bytes) => {
        for (const read of [readAddress, readLink]) {
          try {
            read(bytes);
          } catch (error) {
            assert.ok(error instanceof MalformedMessageError, String(error));
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
