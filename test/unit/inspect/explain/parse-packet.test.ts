import assert from 'node:assert/strict';
import {
  formatDestination,
  formatSender,
  parsePacket,
  QuestionError,
} from '../../../../src/inspect/explain/explain.ts';

function read(from: string, to: string): string {
  const packet = parsePacket(from, to);
  return `${formatSender(packet.from)} -> ${formatDestination(packet.to)}`;
}

describe('a packet on the command line', () => {
  for (const [from, to, expected] of [
    ['10.244.1.5', '10.96.0.10:53/udp', '10.244.1.5 -> UDP 10.96.0.10:53'],
    ['node', '10.96.0.10:443', 'a process of this node -> TCP 10.96.0.10:443'],
    ['pod', '10.96.0.10:53/SCTP', 'a Pod -> SCTP 10.96.0.10:53'],
    ['outside', '[fd00:96::a]:53/tcp', 'a host outside the cluster -> TCP [fd00:96::a]:53'],
  ] as const) {
    it(`is ${from} to ${to}`, () => {
      assert.equal(read(from, to), expected);
    });
  }

  const form =
    'allowed is address:port or address:port/protocol, as 10.96.0.10:53/udp or [fd00:96::a]:53/tcp';
  for (const [title, from, to, message] of [
    ['has a port', 'node', '10.96.0.10', `--to is "10.96.0.10", which has no port; ${form}`],
    [
      'has IPv6 addresses in brackets',
      'node',
      'fd00:96::a',
      `--to is "fd00:96::a", which has no port, or an IPv6 address without brackets; ${form}`,
    ],
    [
      'has an address',
      'node',
      'web:80',
      `--to is "web:80", which has no IP address before the port; ${form}`,
    ],
    [
      'has a port that there is',
      'node',
      '10.96.0.10:70000',
      `--to is "10.96.0.10:70000", which has the port 70000, which is not in 1 to 65535; ${form}`,
    ],
    [
      'has an address with a port',
      'node',
      'default/web',
      `--to is "default/web", which is no address with a port; ${form}`,
    ],
    [
      'has a protocol of Services',
      'node',
      '10.96.0.10:53/upd',
      '"10.96.0.10:53/upd" has the protocol "upd"; allowed are tcp, udp, sctp; did you mean udp?',
    ],
    [
      'has a sender',
      'nod',
      '10.96.0.10:53',
      '--from is "nod"; allowed are "node", "pod", "outside" or an IP address',
    ],
    [
      'is of one family',
      'fd00::5',
      '10.96.0.10:53',
      '--from fd00::5 is IPv6 and --to 10.96.0.10 is IPv4: a packet has one family',
    ],
  ] as const) {
    it(`${title}, or it is refused`, () => {
      assert.throws(
        () => parsePacket(from, to),
        (error: unknown) => {
          assert.ok(error instanceof QuestionError);
          assert.equal(error.message, message);
          return true;
        },
      );
    });
  }
});
