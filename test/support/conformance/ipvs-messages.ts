import type { OpenTransport } from '../../../src/kernel/netlink/transport.ts';
import { attribute, text, u16, u16be, u32 } from '../fake-kernel/wire.ts';
import { virtualServer } from '../ipvs-examples.ts';
import { withIpvs } from './ipvs.ts';
import { answerTo, askAll, flags, type Scenario } from './scenario.ts';

/** An IPv6 virtual server of which clients are told apart by so many bits of their address. */
function serviceOfPrefix(length: number): Buffer {
  return attribute(
    0x8001,
    attribute(1, u16(10)),
    attribute(2, u16(6)),
    attribute(3, Buffer.alloc(16, 0xfd)),
    attribute(4, u16be(80)),
    ...allSettings.slice(0, 3),
    attribute(9, u32(length)),
  );
}

function service(...more: readonly Buffer[]): Buffer {
  const address = Buffer.alloc(16);
  address.set([10, 96, 0, 9]);
  return attribute(
    0x8001,
    attribute(1, u16(2)),
    attribute(2, u16(6)),
    attribute(3, address),
    attribute(4, u16be(80)),
    ...more,
  );
}

const allSettings = [
  attribute(6, text('rr')),
  attribute(7, u32(0x4000_0000), u32(0xffff_ffff)),
  attribute(8, u32(0)),
  attribute(9, Buffer.from([255, 255, 255, 255])),
];

async function familyOfIpvs(open: OpenTransport): Promise<number> {
  const payload = Buffer.concat([Buffer.from([3, 1, 0, 0]), attribute(2, text('IPVS'))]);
  const [answer] = await answerTo(open, { type: 16, flags: 0, payload });
  const at = answer?.payload.indexOf(Buffer.from([6, 0, 1, 0]), 4) ?? -1;
  return answer?.payload.readUInt16LE(at + 4) ?? -1;
}

/** What our own client never sends. */
export const ipvsMessageScenarios: readonly Scenario[] = [
  {
    name: 'messages to IPVS that lack something, or are for nobody',
    run: (kernel) =>
      withIpvs(kernel, async (client) => {
        const open = kernel.open('generic');
        const family = await familyOfIpvs(open);
        const to = (command: number, more: number, ...attributes: readonly Buffer[]) => ({
          type: family,
          flags: more,
          payload: Buffer.concat([Buffer.from([command, 1, 0, 0]), ...attributes]),
        });
        const answers = await askAll(open, [
          to(1, flags.ack, service()),
          to(1, flags.ack),
          to(1, flags.ack, attribute(0x8001, attribute(1, u16(99)), attribute(5, u32(1)))),
          to(1, flags.ack, attribute(0x8001, attribute(1, u16(2)), attribute(5, Buffer.of(1)))),
          to(1, flags.ack, serviceOfPrefix(0)),
          to(1, flags.ack, serviceOfPrefix(129)),
          to(16, flags.ack, service()),
          to(1, flags.ack, service(...allSettings)),
          to(16, flags.ack, service()),
          to(16, flags.ack),
          // The mask leaves our own flag out.
          to(2, flags.ack, service(...allSettings, attribute(7, u32(1), u32(1)))),
          to(5, flags.ack, service()),
          to(8, flags.dump, service()),
          to(8, flags.ack, service()),
          to(4, flags.dump),
          to(99, flags.ack),
          { ...to(4, flags.dump), type: 1023 },
          { ...to(99, flags.ack), type: 16 },
          {
            type: 16,
            flags: 0,
            payload: Buffer.concat([Buffer.from([3, 1, 0, 0]), attribute(2, text('NONE'))]),
          },
        ]);
        const settings = (await client.virtualServer(virtualServer('10.96.0.9')))?.settings;
        return { answers, owned: settings?.owned, persistent: settings?.persistence !== undefined };
      }),
    expected: {
      answers: [22, 22, 97, 22, 22, 22, 3, 0, 0, 0, 0, 22, '0 rows', 95, '1 rows', 95, 2, 95, 2],
      owned: true,
      persistent: true,
    },
  },
];
