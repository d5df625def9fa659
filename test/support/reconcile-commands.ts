import fc from 'fast-check';
import { formatVirtualServer, type Operation } from '../../src/kernel/ipvs/model.ts';
import type { DesiredFrontEnd } from '../../src/translate/desired.ts';
import { desiredVirtualServer, driftOf, observedVirtualServer } from './arbitrary-rows.ts';
import { ip } from './cluster-objects.ts';
import type { Fault } from './fake-kernel/fake-kernel.ts';

/** The places that Services want, and that drift changes. */
export const places = ['10.96.0.1', '10.96.0.2', 'fd00:96::1'].map((text) => ({
  address: ip(text),
  port: 80,
}));
export type Place = (typeof places)[number];

export function keyOf({ address, port }: Place): string {
  return formatVirtualServer({ kind: 'address', protocol: 'TCP', address, port });
}

export type Command =
  | { readonly kind: 'desire'; readonly place: Place; readonly row: DesiredFrontEnd | undefined }
  | { readonly kind: 'drift'; readonly operations: readonly Operation[] }
  | { readonly kind: 'unbind'; readonly place: Place }
  | { readonly kind: 'fault'; readonly place: Place; readonly fault: Fault }
  /** The next question in these words is refused. */
  | { readonly kind: 'question fails'; readonly words: string }
  | { readonly kind: 'round' | 'audit' | 'allow removals' }
  | { readonly kind: 'wait'; readonly ms: number };

const place = fc.constantFrom(...places);
const fault: fc.Arbitrary<Fault> = fc.constantFrom<Fault[]>(
  { kind: 'refused', code: 'ENOMEM' },
  // What was asked is done, and the answers to the whole datagram are lost.
  { kind: 'garbled' },
);

export const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: place.chain((where) =>
      fc
        .option(startingSlowly(desiredVirtualServer(where)), { nil: undefined })
        .map((row) => ({ kind: 'desire' as const, place: where, row })),
    ),
  },
  {
    weight: 2,
    arbitrary: place
      .chain((where) => fc.oneof(driftOf(where), deletionAt(where)))
      .map((operations) => ({ kind: 'drift' as const, operations })),
  },
  place.map((where) => ({ kind: 'unbind' as const, place: where })),
  fc.tuple(place, fault).map(([where, what]) => ({
    kind: 'fault' as const,
    place: where,
    fault: what,
  })),
  place
    .chain((where) =>
      fc.constantFrom(
        'virtual servers',
        'links',
        'addresses',
        `virtual server ${keyOf(where)}`,
        `real servers of ${keyOf(where)}`,
      ),
    )
    .map((words) => ({ kind: 'question fails' as const, words })),
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('round' as const, 'round' as const, 'audit' as const, 'allow removals' as const)
      .map((kind) => ({ kind })),
  },
  fc.constantFrom(1, 100, 400, 5000).map((ms) => ({ kind: 'wait' as const, ms })),
);

export const slowStartMs = 9000;

function startingSlowly(rows: fc.Arbitrary<DesiredFrontEnd>): fc.Arbitrary<DesiredFrontEnd> {
  return fc
    .tuple(rows, fc.constantFrom(undefined, slowStartMs))
    .map(([row, ms]) => ({ ...row, slowStartMs: ms }));
}

function deletionAt({ address, port }: Place): fc.Arbitrary<readonly Operation[]> {
  const id = { kind: 'address', protocol: 'TCP', address, port } as const;
  return fc.constant([{ kind: 'delete virtual server', id }]);
}

export const firstRows = fc.tuple(
  ...places.map((where) =>
    fc.option(observedVirtualServer(where, fc.constant(true)), { nil: undefined }),
  ),
);
