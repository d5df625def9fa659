import assert from 'node:assert/strict';
import {
  writeBareCommand,
  writeGetRealServers,
  writeGetVirtualServer,
  writeSetTimeouts,
  writeZeroVirtualServer,
} from '../../../../src/kernel/ipvs/encode.ts';
import { virtualServer } from '../../../support/ipvs-examples.ts';
import { hex, writtenHex } from '../../../support/written-bytes.ts';

/** The number that the kernel gave the family IPVS, and a sequence number. */
const family = 0x1c;
const sequence = 7;

const ipv4 = virtualServer('10.96.0.1');
const ipv4Service = [
  '3000 0180', // SERVICE, nested
  '0600 0100 0200 0000', // AF: AF_INET
  '0600 0200 0600 0000', // PROTOCOL: IPPROTO_TCP
  '1400 0300 0a600001 00000000 00000000 00000000', // ADDR
  '0600 0400 0050 0000', // PORT, network order
];

describe('the message of a question to IPVS', () => {
  it('GET_SERVICE for all is a dump without attributes', () => {
    assert.equal(
      writtenHex((writer) => {
        writeGetVirtualServer(writer, family, sequence, 'all');
      }),
      hex('14000000 1c00 0103 07000000 00000000', '04 01 0000'),
    );
  });

  it('GET_SERVICE for one names it and is no dump', () => {
    assert.equal(
      writtenHex((writer) => {
        writeGetVirtualServer(writer, family, sequence, ipv4);
      }),
      hex('44000000 1c00 0100 07000000 00000000', '04 01 0000', ...ipv4Service),
    );
  });

  it('GET_DEST is a dump that names the virtual server', () => {
    assert.equal(
      writtenHex((writer) => {
        writeGetRealServers(writer, family, sequence, ipv4);
      }),
      hex('44000000 1c00 0103 07000000 00000000', '08 01 0000', ...ipv4Service),
    );
  });

  it('SET_CONFIG gives the three timeouts in seconds', () => {
    assert.equal(
      writtenHex((writer) => {
        writeSetTimeouts(writer, family, sequence, {
          tcpSeconds: 900,
          tcpFinSeconds: 120,
          udpSeconds: 300,
        });
      }),
      hex(
        '2c000000 1c00 0100 07000000 00000000',
        '0c 01 0000',
        '0800 0400 84030000',
        '0800 0500 78000000',
        '0800 0600 2c010000',
      ),
    );
  });

  for (const [name, number] of [
    ['getConfig', '0d'],
    ['getInfo', '0f'],
    ['zero', '10'],
    ['flush', '11'],
  ] as const) {
    it(`${name} is command ${number} without attributes`, () => {
      assert.equal(
        writtenHex((writer) => {
          writeBareCommand(writer, family, sequence, name);
        }),
        hex('14000000 1c00 0100 07000000 00000000', number, '01 0000'),
      );
    });
  }

  it('ZERO for one names it', () => {
    assert.equal(
      writtenHex((writer) => {
        writeZeroVirtualServer(writer, family, sequence, ipv4);
      }),
      hex('44000000 1c00 0100 07000000 00000000', '10 01 0000', ...ipv4Service),
    );
  });
});
