import assert from 'node:assert/strict';
import type { Protocol } from '../../../../src/net/protocol.ts';
import {
  readFlow,
  writeDeleteFlow,
  writeGetFlows,
  type Flow,
  type FlowSelection,
} from '../../../../src/kernel/conntrack/messages.ts';
import type { IpFamily } from '../../../../src/net/ip-address.ts';
import { direction, flowIn, listed, protocolNumber } from '../../../support/conntrack-flows.ts';
import { flowPayload, tuplePayload } from '../../../support/fake-kernel/conntrack.ts';
import { attribute, u8 } from '../../../support/fake-kernel/wire.ts';
import { hex, writtenHex } from '../../../support/written-bytes.ts';

function selection(
  protocols: readonly Protocol[],
  answered: readonly Protocol[] = [],
): FlowSelection {
  return { protocols: new Set(protocols), answered: new Set(answered) };
}

const everything = selection(['TCP', 'UDP', 'SCTP'], ['TCP', 'UDP', 'SCTP']);
const unanswered = selection(['TCP', 'UDP', 'SCTP']);

function read(payload: Buffer, family: IpFamily = 'IPv4', wanted = everything): Flow | undefined {
  return readFlow(payload, family, wanted);
}

describe('the question for flows', () => {
  const question = (family: IpFamily, wanted: FlowSelection): string =>
    writtenHex((writer) => {
      writeGetFlows(writer, 5, family, wanted);
    });
  const onlyUdp = [
    '1000 0180 0c00 0280 0500 0100 11 000000',
    '1400 1980 0800 0100 08000000 0800 0200 00000000',
  ];
  const onlyUnanswered = '0800 0300 00000000 0800 1a00 00000002';

  for (const [family, digits] of [
    ['IPv4', '02'],
    ['IPv6', '0a'],
  ] as const) {
    it(`asks for those of ${family}, and for no other protocol than the one that matters`, () => {
      assert.equal(
        question(family, selection(['UDP'], ['UDP'])),
        hex('38000000 0101 0103 05000000 00000000', `${digits} 00 0000`, ...onlyUdp),
      );
    });
  }

  it('asks for those without an answer where no other matters', () => {
    assert.equal(
      question('IPv4', unanswered),
      hex('24000000 0101 0103 05000000 00000000', '02 00 0000', onlyUnanswered),
    );
    assert.equal(
      question('IPv4', selection(['UDP'])),
      hex('48000000 0101 0103 05000000 00000000', '02 00 0000', ...onlyUdp, onlyUnanswered),
    );
  });

  it('asks for all where several protocols matter, and answered flows of one', () => {
    assert.equal(
      question('IPv4', selection(['TCP', 'UDP'], ['UDP'])),
      hex('14000000 0101 0103 05000000 00000000', '02 00 0000'),
    );
  });
});

describe('a flow', () => {
  const udp = { client: '10.244.0.9', vip: '10.96.0.10', port: 53, server: '10.244.1.1' } as const;
  const there = tuplePayload(2, 17, direction('10.244.0.9', 40_000, '10.96.0.10', 53));

  it('says who sent where, and who answers to whom', () => {
    const flow = read(listed({ ...udp, answersTo: '192.0.2.10' }));
    assert.equal(flow?.protocol, 'UDP');
    assert.equal(flow.source.text, '10.244.0.9');
    assert.equal(flow.destination.text, '10.96.0.10');
    assert.equal(flow.destinationPort, 53);
    assert.equal(flow.answersFrom.text, '10.244.1.1');
    assert.equal(flow.answersFromPort, 8053);
    assert.equal(flow.answersTo.text, '192.0.2.10');
    assert.equal(flow.zone, undefined);
  });

  it('is read in IPv6 too', () => {
    const flow = read(
      listed({ client: 'fd00::9', vip: 'fd00:96::a', port: 53, server: 'fd00::1' }),
      'IPv6',
    );
    assert.equal(flow?.destination.text, 'fd00:96::a');
    assert.equal(flow.answersFrom.text, 'fd00::1');
  });

  for (const protocol of ['TCP', 'UDP', 'SCTP'] as const) {
    it(`of ${protocol} is unanswered where only first packets were seen`, () => {
      const payload = (isUnanswered: boolean): Buffer =>
        listed({ ...udp, unanswered: isUnanswered }, protocolNumber[protocol]);
      assert.equal(read(payload(true))?.answered, false);
      assert.equal(read(payload(false))?.answered, true);
      assert.equal(read(payload(true))?.protocol, protocol);
    });
  }

  for (const protocol of ['TCP', 'SCTP'] as const) {
    it(`of ${protocol} that conntrack has picked up in its midst counts as answered`, () => {
      const pickedUp = { ...udp, unanswered: true, state: 3 };
      assert.equal(read(listed(pickedUp, protocolNumber[protocol]))?.answered, true);
    });
  }

  it('is of interest by its protocol, and by whether it is answered', () => {
    const tcp = listed(udp, 6);
    const syn = listed({ ...udp, unanswered: true }, 6);
    assert.equal(read(tcp, 'IPv4', unanswered), undefined);
    assert.equal(read(tcp, 'IPv4', selection(['TCP', 'UDP'], ['UDP'])), undefined);
    assert.ok(read(syn, 'IPv4', unanswered) !== undefined);
    assert.equal(read(syn, 'IPv4', selection(['UDP'], ['UDP'])), undefined);
    assert.equal(read(listed(udp, 1)), undefined);
  });

  it('is deleted by what the kernel gave, its number and zone included', () => {
    const zone = attribute(18, Buffer.from('0007', 'hex'));
    const listedFlow = { ...flowIn(udp), id: 0x0011_2233 };
    const flow = read(Buffer.concat([flowPayload(listedFlow), zone]));
    assert.ok(flow !== undefined);
    assert.equal(
      writtenHex((writer) => {
        writeDeleteFlow(writer, 6, flow);
      }),
      hex(
        '58000000 0201 0100 06000000 00000000',
        '02 00 0000',
        '3400 0180',
        there.toString('hex'),
        '0800 0c00 00112233',
        '0600 1200 0007 0000',
      ),
    );
  });

  it('has no zone in the order to delete it where it has none', () => {
    const flow = read(listed(udp));
    assert.ok(flow !== undefined);
    const digits = writtenHex((writer) => {
      writeDeleteFlow(writer, 6, flow);
    });
    assert.ok(!digits.includes('06001200'));
  });

  it('keeps what it needs when its message is gone', () => {
    const payload = listed(udp);
    const flow = read(payload);
    payload.fill(0);
    assert.ok(flow?.original.includes(Buffer.from([10, 96, 0, 10])));
  });

  it('is none without the way back, or without addresses', () => {
    const header = Buffer.from('02000000', 'hex');
    const original = attribute(1, there);
    assert.equal(read(header), undefined);
    assert.equal(read(Buffer.concat([header, original])), undefined);
    const bare = attribute(2, attribute(2, attribute(1, u8(protocolNumber.UDP))));
    assert.equal(read(Buffer.concat([header, original, bare])), undefined);
  });

  it('is none in the other family', () => {
    assert.equal(read(listed(udp), 'IPv6'), undefined);
  });
});
