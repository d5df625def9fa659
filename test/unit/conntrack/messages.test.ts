import assert from 'node:assert/strict';
import { readUdpFlow, writeDeleteFlow, writeGetUdpFlows } from '../../../src/conntrack/messages.ts';
import { flowPayload, protocolPart, tuple } from '../../support/conntrack-flows.ts';
import { attribute } from '../../support/fake-transport.ts';
import { hex, writtenHex } from '../../support/written-bytes.ts';

describe('the question for UDP flows', () => {
  for (const [family, digits] of [
    ['IPv4', '02'],
    ['IPv6', '0a'],
  ] as const) {
    it(`asks for those of ${family}, and for no other protocol`, () => {
      assert.equal(
        writtenHex((writer) => {
          writeGetUdpFlows(writer, 5, family);
        }),
        hex(
          '38000000 0101 0103 05000000 00000000',
          `${digits} 00 0000`,
          '1000 0180 0c00 0280 0500 0100 11 000000',
          '1400 1980 0800 0100 08000000 0800 0200 00000000',
        ),
      );
    });
  }
});

describe('a flow', () => {
  const udp = { client: '10.244.0.9', vip: '10.96.0.10', port: 53, server: '10.244.1.1' } as const;

  it('says where the client sent, and who answers', () => {
    const flow = readUdpFlow(flowPayload('IPv4', udp), 'IPv4');
    assert.equal(flow?.destination.text, '10.96.0.10');
    assert.equal(flow.destinationPort, 53);
    assert.equal(flow.answersFrom.text, '10.244.1.1');
    assert.equal(flow.answersFromPort, 8053);
    assert.equal(flow.zone, undefined);
  });

  it('is read in IPv6 too', () => {
    const flow = readUdpFlow(
      flowPayload('IPv6', { client: 'fd00::9', vip: 'fd00:96::a', port: 53, server: 'fd00::1' }),
      'IPv6',
    );
    assert.equal(flow?.destination.text, 'fd00:96::a');
    assert.equal(flow.answersFrom.text, 'fd00::1');
  });

  it('is deleted by what the kernel gave, its zone included', () => {
    const zone = attribute(18, Buffer.from('0007', 'hex'));
    const flow = readUdpFlow(Buffer.concat([flowPayload('IPv4', udp), zone]), 'IPv4');
    assert.ok(flow !== undefined);
    const original = tuple('IPv4', '10.244.0.9', '10.96.0.10', 40_000, 53);
    assert.equal(
      writtenHex((writer) => {
        writeDeleteFlow(writer, 6, flow);
      }),
      hex(
        '50000000 0201 0100 06000000 00000000',
        '02 00 0000',
        '3400 0180',
        original.toString('hex'),
        '0600 1200 0007 0000',
      ),
    );
  });

  it('has no zone in the order to delete it where it has none', () => {
    const flow = readUdpFlow(flowPayload('IPv4', udp), 'IPv4');
    assert.ok(flow !== undefined);
    const digits = writtenHex((writer) => {
      writeDeleteFlow(writer, 6, flow);
    });
    assert.ok(!digits.includes('06001200'));
  });

  it('of another protocol is none: older kernels do not filter', () => {
    for (const number of [6, 1, 132]) {
      assert.equal(readUdpFlow(flowPayload('IPv4', udp, number), 'IPv4'), undefined);
    }
  });

  it('is none without the way back, or without addresses', () => {
    const header = Buffer.from('02000000', 'hex');
    const there = attribute(1, tuple('IPv4', '10.244.0.9', '10.96.0.10', 40_000, 53));
    assert.equal(readUdpFlow(header, 'IPv4'), undefined);
    assert.equal(readUdpFlow(Buffer.concat([header, there]), 'IPv4'), undefined);
    const bare = attribute(2, protocolPart(53, 40_000));
    assert.equal(readUdpFlow(Buffer.concat([header, there, bare]), 'IPv4'), undefined);
  });

  it('is none in the other family', () => {
    assert.equal(readUdpFlow(flowPayload('IPv4', udp), 'IPv6'), undefined);
  });
});
