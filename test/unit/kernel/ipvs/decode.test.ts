import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  readInfo,
  readRealServer,
  readTimeouts,
  readVirtualServer,
} from '../../../../src/kernel/ipvs/decode.ts';
import { writeOperation, writeSetTimeouts } from '../../../../src/kernel/ipvs/encode.ts';
import {
  virtualServerFamily,
  type Operation,
  type Persistence,
} from '../../../../src/kernel/ipvs/model.ts';
import {
  MalformedMessageError,
  readMessages,
} from '../../../../src/kernel/netlink/message-reader.ts';
import * as arbitrary from '../../../support/arbitraries.ts';
import { attribute } from '../../../support/fake-kernel/wire.ts';
import { hex, writtenBytes } from '../../../support/written-bytes.ts';
import { ip, plainSettings, virtualServer } from '../../../support/ipvs-examples.ts';

/** What follows the netlink header of an operation's message: the kernel answers in the same form. */
function payloadOf(operation: Operation): Buffer {
  const bytes = writtenBytes((writer) => {
    writeOperation(writer, 28, 1, operation);
  });
  const [message] = readMessages(bytes);
  assert.ok(message);
  return message.payload;
}

/** An answer of Linux 6.1, put together by hand from its header file. */
const shownService = Buffer.from(
  hex(
    '01 01 0000',
    '9800 0100', // SERVICE: the kernel does not mark its nested attributes
    '0600 0100 0200 0000',
    '0600 0200 0600 0000',
    '1400 0300 0a600001 00000000 00000000 00000000',
    '0600 0400 0050 0000',
    '0800 0600 776c6300',
    '0c00 0700 07000060 ffffffff', // ours, limited, one-packet, hashed, persistent
    '0800 0800 58020000',
    '0800 0900 ffffff00',
    '4400 0c00', // STATS64
    '0c00 0100 0500000000000000', // CONNS
    '0c00 0200 0600000000000000', // INPKTS
    '0c00 0300 0700000000000000', // OUTPKTS
    '0c00 0400 0000000001000000', // INBYTES
    '0c00 0500 0900000000000000', // OUTBYTES
    '0400 0b00', // PAD
  ),
  'hex',
);

describe('the answer of IPVS about a virtual server', () => {
  it('is read from what the kernel shows', () => {
    assert.deepEqual(readVirtualServer(shownService), {
      id: virtualServer('10.96.0.1'),
      settings: {
        scheduler: 'wlc',
        persistence: { timeoutSeconds: 600, prefixLength: 24 },
        onePacket: true,
        schedulerFlags: 0,
        limited: true,
        owned: true,
      },
      statistics: {
        connections: 5,
        packetsIn: 6,
        packetsOut: 7,
        bytesIn: 2 ** 32,
        bytesOut: 9,
      },
    });
  });

  it('gives back every setting that can be asked for', () => {
    const entry = arbitrary.virtualServerId.chain((id) =>
      arbitrary.record({
        id: fc.constant(id),
        settings: arbitrary.settings(virtualServerFamily(id)),
        kind: fc.constantFrom('add virtual server' as const, 'change virtual server' as const),
      }),
    );
    fc.assert(
      fc.property(entry, (operation) => {
        const found = readVirtualServer(payloadOf(operation));
        assert.deepEqual(found?.id, operation.id);
        assert.deepEqual(found.settings, operation.settings);
      }),
    );
  });

  for (const prefixLength of [0, 1, 8, 31, 32]) {
    it(`gives back an IPv4 prefix of ${prefixLength}`, () => {
      const persistence: Persistence = { timeoutSeconds: 1, prefixLength };
      const payload = payloadOf({
        kind: 'add virtual server',
        id: virtualServer('10.96.0.1'),
        settings: { ...plainSettings, persistence },
      });
      assert.deepEqual(readVirtualServer(payload)?.settings.persistence, persistence);
    });
  }

  it('has statistics of zero where the kernel has no 64-bit ones', () => {
    const payload = payloadOf({
      kind: 'add virtual server',
      id: virtualServer('fd00::1'),
      settings: plainSettings,
    });
    assert.deepEqual(readVirtualServer(payload)?.statistics, {
      connections: 0,
      packetsIn: 0,
      packetsOut: 0,
      bytesIn: 0,
      bytesOut: 0,
    });
  });

  const shownWith = (offset: number, value: number): Buffer => {
    const bytes = Buffer.from(shownService);
    bytes.writeUInt16LE(value, offset);
    return bytes;
  };

  it('is refused for an unknown address family', () => {
    assert.throws(() => readVirtualServer(shownWith(12, 3)), {
      name: 'MalformedMessageError',
      message: /unknown family 3/,
    });
  });

  it('is nothing for a protocol that is none of TCP, UDP and SCTP', () => {
    assert.equal(readVirtualServer(shownWith(20, 47)), undefined);
  });

  it('is refused where it lacks an attribute', () => {
    const payload = payloadOf({ kind: 'delete virtual server', id: virtualServer('10.96.0.1') });
    assert.throws(() => readVirtualServer(payload), {
      name: 'MalformedMessageError',
      message: 'a netlink message without attribute 7 of at least 4 bytes',
    });
  });
});

describe('the answer of IPVS about a real server', () => {
  const header = Buffer.from('08010000', 'hex');
  const address = attribute(1, Buffer.from(hex('0af40007 00000000 00000000 00000000'), 'hex'));
  const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const shown = (method: number, ...more: readonly Buffer[]): Buffer =>
    Buffer.concat([
      header,
      attribute(
        2,
        Buffer.concat([
          address,
          attribute(2, Buffer.from('1f90', 'hex')),
          attribute(3, u32(method)),
          attribute(4, u32(9)),
          attribute(5, u32(100)),
          attribute(6, u32(50)),
          attribute(7, u32(1)),
          attribute(8, u32(2)),
          attribute(9, u32(3)),
          ...more,
        ]),
      ),
    ]);

  it('is read from what the kernel shows', () => {
    const packets = Buffer.from('2a00000000000000', 'hex');
    const payload = shown(
      0x102, // IP_VS_CONN_F_INACTIVE beside the method
      attribute(11, Buffer.from('0200', 'hex')),
      attribute(12, attribute(2, packets)),
    );
    assert.deepEqual(readRealServer(payload, 'IPv6'), {
      realServer: {
        address: ip('10.244.0.7'),
        port: 8080,
        method: 'tunnel',
        weight: 9,
        upperThreshold: 100,
        lowerThreshold: 50,
      },
      connections: { active: 1, inactive: 2, persistent: 3 },
      statistics: { connections: 0, packetsIn: 42, packetsOut: 0, bytesIn: 0, bytesOut: 0 },
    });
  });

  it("has the virtual server's family where the kernel does not say", () => {
    assert.equal(readRealServer(shown(0), 'IPv4').realServer.address.text, '10.244.0.7');
  });

  it('is refused for an unknown forwarding method', () => {
    assert.throws(() => readRealServer(shown(5), 'IPv4'), {
      name: 'MalformedMessageError',
      message: /forwarding method/,
    });
  });

  it('is refused where its statistics are cut short', () => {
    const payload = shown(0, attribute(12, attribute(1, Buffer.alloc(4))));
    assert.throws(() => readRealServer(payload, 'IPv4'), MalformedMessageError);
  });

  it('gives back every setting that can be asked for', () => {
    const operation = arbitrary.record({
      kind: fc.constantFrom('add real server' as const, 'change real server' as const),
      id: arbitrary.virtualServerId,
      realServer: arbitrary.realServer,
    });
    fc.assert(
      fc.property(operation, (asked) => {
        const { realServer } = readRealServer(payloadOf(asked), virtualServerFamily(asked.id));
        assert.deepEqual(realServer, asked.realServer);
      }),
    );
  });
});

describe('the answer of IPVS about itself', () => {
  it('gives back the timeouts that can be asked for', () => {
    const seconds = fc.nat({ max: 0xffff_ffff });
    fc.assert(
      fc.property(
        arbitrary.record({ tcpSeconds: seconds, tcpFinSeconds: seconds, udpSeconds: seconds }),
        (timeouts) => {
          const [message] = readMessages(
            writtenBytes((writer) => {
              writeSetTimeouts(writer, 28, 1, timeouts);
            }),
          );
          assert.deepEqual(readTimeouts(message?.payload ?? Buffer.alloc(0)), timeouts);
        },
      ),
    );
  });

  it('names its version and the size of its table of connections', () => {
    const payload = Buffer.from(hex('0e010000', '0800 0100 01020100', '0800 0200 00100000'), 'hex');
    assert.deepEqual(readInfo(payload), { version: '1.2.1', connectionTableSize: 4096 });
  });
});

describe('an answer of IPVS that makes no sense', () => {
  const readers: readonly ((payload: Buffer) => unknown)[] = [
    readVirtualServer,
    (payload) => readRealServer(payload, 'IPv4'),
    (payload) => readRealServer(payload, 'IPv6'),
    readTimeouts,
    readInfo,
  ];

  function assertReadOrRefused(bytes: Uint8Array): void {
    for (const read of readers) {
      try {
        read(Buffer.from(bytes));
      } catch (error) {
        assert.ok(error instanceof MalformedMessageError, String(error));
      }
    }
  }

  it('is refused with MalformedMessageError and nothing else, for arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), assertReadOrRefused));
  });

  it('is refused likewise where arbitrary attributes are in the right places', () => {
    const attributes = fc
      .array(
        fc
          .tuple(fc.nat({ max: 13 }), fc.uint8Array({ maxLength: 24 }))
          .map(([type, value]) => attribute(type, value)),
        { maxLength: 14 },
      )
      .map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(attributes, attributes, (inner, outer) => {
        assertReadOrRefused(
          Buffer.concat([Buffer.alloc(4), attribute(1, inner), attribute(2, inner), outer]),
        );
      }),
    );
  });

  it('is refused likewise where an answer is cut off anywhere, or a byte of it is wrong', () => {
    for (let length = 0; length < shownService.length; length += 1) {
      assertReadOrRefused(shownService.subarray(0, length));
    }
    fc.assert(
      fc.property(fc.nat({ max: shownService.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const bytes = Buffer.from(shownService);
        bytes[at] = value;
        assertReadOrRefused(bytes);
      }),
    );
  });
});
