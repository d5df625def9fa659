import { ConntrackClient } from '../../../src/kernel/conntrack/client.ts';
import { StaleFlows } from '../../../src/kernel/conntrack/stale-flows.ts';
import { ip } from '../ipvs-examples.ts';
import { attribute, u16be, u32, u32be, u8 } from '../fake-kernel/wire.ts';
import { askAll, flags, type RawRequest, type Scenario } from './scenario.ts';

/** nfgenmsg, and the flow in its CTA_TUPLE_ORIG. */
const header = Buffer.from([2, 0, 0, 0]);
const original = attribute(
  0x8001,
  attribute(
    0x8001,
    attribute(1, Buffer.from([10, 244, 0, 9])),
    attribute(2, Buffer.from([10, 96, 0, 10])),
  ),
  attribute(0x8002, attribute(1, u8(17)), attribute(2, u16be(40_000)), attribute(3, u16be(53))),
);

function list(...attributes: readonly Buffer[]): RawRequest {
  return { type: 0x101, flags: flags.dump, payload: Buffer.concat([header, ...attributes]) };
}

function deletion(...attributes: readonly Buffer[]): RawRequest {
  const payload = Buffer.concat([header, original, ...attributes]);
  return { type: 0x102, flags: flags.ack, payload };
}

const protocolOf = (number: number) => [
  attribute(0x8001, attribute(0x8002, attribute(1, u8(number)))),
  attribute(0x8019, attribute(1, u32(8)), attribute(2, u32(0))),
];
const unanswered = [attribute(3, u32be(0)), attribute(26, u32be(2))];
const answered = [attribute(3, u32be(2)), attribute(26, u32be(2))];

function filterScenario(isUnanswered: boolean): Scenario {
  return {
    name: `lists of the flows of a protocol, with an answer or without, and the deletion of one ${isUnanswered ? 'without' : 'with'}`,
    run: async (kernel) => {
      await kernel.addFlow('10.244.1.1', isUnanswered);
      return askAll(kernel.open('netfilter'), [
        list(...protocolOf(17)),
        list(...protocolOf(132)),
        list(...protocolOf(17), ...unanswered),
        list(...protocolOf(17), ...answered),
        deletion(attribute(12, u32be(1))),
        deletion(),
        deletion(),
        list(...protocolOf(17)),
        { ...deletion(), type: 0x1ff },
        deletion(attribute(12, u8(1))),
      ]);
    },
    expected: [
      '1 rows',
      '0 rows',
      isUnanswered ? '1 rows' : '0 rows',
      isUnanswered ? '0 rows' : '1 rows',
      2,
      0,
      2,
      '0 rows',
      22,
      34,
    ],
  };
}

const staleScenario: Scenario = {
  name: 'stale flows are deleted, others stay, and nobody minds those that are gone',
  run: async (kernel) => {
    await kernel.addFlow('10.244.1.1');
    const client = new ConntrackClient({}, kernel.open('netfilter'));
    const staleAt = (server: string) => {
      const stale = new StaleFlows();
      stale.note({
        kind: 'delete real server',
        id: { kind: 'address', protocol: 'UDP', address: ip('10.96.0.10'), port: 53 },
        realServer: { address: ip(server), port: 8053 },
      });
      return stale;
    };
    const deleted = [
      await client.deleteStale(staleAt('10.244.1.2')),
      await client.deleteStale(staleAt('10.244.1.1')),
      await client.deleteStale(staleAt('10.244.1.1')),
    ];
    client.close();
    return deleted;
  },
  expected: [0, 1, 0],
};

export const conntrackScenarios: readonly Scenario[] = [
  filterScenario(true),
  filterScenario(false),
  staleScenario,
];
