import type { SetClient } from '../../../src/kernel/ipset/client.ts';
import type { IpSet } from '../../../src/kernel/ipset/model.ts';
import { formatSetEntry, type SetEntry } from '../../../src/kernel/ipset/set-entry.ts';
import { Cidr } from '../../../src/net/cidr.ts';
import { ip } from '../ipvs-examples.ts';
import type { Scenario } from './scenario.ts';
import { byMark, markedPorts, marks, pairs, served, withSets } from './sets.ts';

const marks6: IpSet = { ...marks, name: 'conformance-marks-6', family: 'IPv6' };

/** How many entries there are of each mark, whatever their order. */
async function countByMark(client: SetClient, set: IpSet): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const entry of (await client.entries(set)) ?? []) {
    const key =
      entry.kind === 'marked ports' ? `${entry.protocol} ${entry.mark}/${entry.mask}` : entry.kind;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** Sets of port ranges and what they hold. */
export const portRangeScenarios: readonly Scenario[] = [
  {
    name: 'ports that get marks, thousands in one message, and some in the midst of others',
    run: (kernel) =>
      withSets(kernel, [marks, marks6, served], async (client) => {
        const codes: (string | undefined)[] = [];
        const change = async (
          kind: 'add entry' | 'delete entry',
          set: IpSet,
          ...entries: readonly SetEntry[]
        ) => {
          const outcomes = await client.execute(entries.map((entry) => ({ kind, set, entry })));
          codes.push(...outcomes.map((outcome) => outcome?.code));
          return countByMark(client, set);
        };
        return {
          // More than kernels since 6.2 do without a pause.
          all: await change('add entry', marks, markedPorts('10.96.0.1', 1, 20_000)),
          all6: await change('add entry', marks6, markedPorts('fd00:96::1', 1, 3000)),
          others: await change('add entry', marks, markedPorts('10.96.0.1', 1000, 1999, 2)),
          fewer: await change('delete entry', marks, markedPorts('10.96.0.1', 1500, 2499, 0)),
          again: await change('delete entry', marks, markedPorts('10.96.0.1', 1500, 2499)),
          none6: await change('delete entry', marks6, markedPorts('fd00:96::1', 1, 3000)),
          unsuited: await change('add entry', served, markedPorts('fd00:96::1', 1, 2)),
          codes,
        };
      }),
    expected: {
      all: { 'UDP 4097/4223': 20_000 },
      all6: { 'UDP 4097/4223': 3000 },
      others: { 'UDP 4097/4223': 19_000, 'UDP 2/4223': 1000 },
      fewer: { 'UDP 4097/4223': 18_500, 'UDP 2/4223': 500 },
      again: { 'UDP 4097/4223': 18_500, 'UDP 2/4223': 500 },
      none6: {},
      unsuited: {},
      codes: [...Array.from({ length: 6 }, () => undefined), 'IPSET_ERR_SKBINFO'],
    },
  },
  {
    name: 'marks of which some bits do not count, and sources of an address',
    run: (kernel) =>
      withSets(kernel, [byMark, pairs], async (client) => {
        const address = ip('10.96.0.1');
        const address6 = ip('fd00:96::1');
        const entries: readonly (readonly [IpSet, SetEntry])[] = [
          [byMark, { kind: 'address and mark', address, mark: 0x1003 }],
          [byMark, { kind: 'address and mark', address, mark: 0xffff_1003 }],
          [byMark, { kind: 'address and mark', address, mark: 0x4 }],
          ...['fd00::/8', 'fd00:1::/32', 'fd00:96::1/128'].map(
            (text) =>
              [
                pairs,
                {
                  kind: 'address and source',
                  address: address6,
                  source: Cidr.parse(text) ?? Cidr.host(address6),
                },
              ] as const,
          ),
        ];
        const outcomes = await client.execute(
          entries.map(([set, entry]) => ({ kind: 'add entry', set, entry })),
        );
        const held = async (set: IpSet) =>
          (await client.entries(set))?.map(formatSetEntry).toSorted();
        return [outcomes.map((outcome) => outcome?.code), await held(byMark), await held(pairs)];
      }),
    expected: [
      [undefined, undefined, undefined, undefined, undefined, undefined],
      ['10.96.0.1,0x1003', '10.96.0.1,0x4'],
      ['fd00:96::1,fd00:1::/32', 'fd00:96::1,fd00:96::1', 'fd00:96::1,fd00::/8'],
    ],
  },
];
