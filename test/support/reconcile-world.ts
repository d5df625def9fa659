import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import type { Operation } from '../../src/ipvs/model.ts';
import { IpAddress } from '../../src/net/ip-address.ts';
import { BackOff } from '../../src/reconcile/back-off.ts';
import { boundAddressDifference } from '../../src/reconcile/bound-address-difference.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../src/reconcile/reconciler.ts';
import type { ObservedVirtualServer } from '../../src/reconcile/virtual-server-difference.ts';
import { virtualServerKey, type VirtualServer } from '../../src/translate/desired.ts';
import {
  desiredVirtualServer,
  driftOf,
  leastOperations,
  observedVirtualServer,
} from './arbitrary-rows.ts';
import { ip } from './cluster-objects.ts';
import { fakeBoundAddresses, fakeVirtualServers, type Fault } from './fake-kind.ts';
import { observedAs, virtualServer } from './rows.ts';

/** The places that Services want, and that drift changes. */
const places = ['10.96.0.1', '10.96.0.2', 'fd00:96::1'].map((text) => ({
  address: ip(text),
  port: 80,
}));
/** Somebody else's, which no Service ever wants. */
const foreignPlace = { address: ip('10.96.9.9'), port: 80 };

type Place = (typeof places)[number];

function keyOf({ address, port }: Place): string {
  return virtualServerKey({ protocol: 'TCP', address, port });
}

export type Command =
  | { readonly kind: 'desire'; readonly place: Place; readonly row: VirtualServer | undefined }
  | { readonly kind: 'drift'; readonly operations: readonly Operation[] }
  | { readonly kind: 'unbind'; readonly place: Place }
  | { readonly kind: 'fault'; readonly place: Place; readonly fault: Fault }
  | { readonly kind: 'call fails'; readonly call: 'apply' | 'read' | 'list' }
  | { readonly kind: 'round' | 'audit' | 'allow removals' }
  | { readonly kind: 'wait'; readonly ms: number };

const place = fc.constantFrom(...places);
const fault: fc.Arbitrary<Fault> = fc.constantFrom<Fault[]>(
  { kind: 'refused', code: 'ENOMEM' },
  { kind: 'answer lost' },
);

export const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: place.chain((where) =>
      fc.option(desiredVirtualServer(where), { nil: undefined }).map((row) => ({
        kind: 'desire' as const,
        place: where,
        row,
      })),
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
  fc
    .constantFrom('apply' as const, 'read' as const, 'list' as const)
    .map((call) => ({ kind: 'call fails' as const, call })),
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('round' as const, 'round' as const, 'audit' as const, 'allow removals' as const)
      .map((kind) => ({ kind })),
  },
  fc.constantFrom(1, 100, 400, 5000).map((ms) => ({ kind: 'wait' as const, ms })),
);

function deletionAt({ address, port }: Place): fc.Arbitrary<readonly Operation[]> {
  const id = { kind: 'address', protocol: 'TCP', address, port } as const;
  return fc.constant([{ kind: 'delete virtual server', id }]);
}

/** A kernel, the tables that keep it, and what is wanted of it. */
export class World {
  readonly log: string[] = [];
  readonly virtualServers = fakeVirtualServers(this.log);
  readonly addresses = fakeBoundAddresses(this.log);
  readonly desired = new Map<string, VirtualServer>();
  nowMs = 0;
  readonly #virtualServerTable = new KindTable(this.virtualServers, new BackOff());
  readonly #addressTable = new KindTable(this.addresses, new BackOff());
  readonly reconciler = new Reconciler(
    [this.#virtualServerTable, this.#addressTable],
    () => this.nowMs,
  );

  async run(step: Command): Promise<void> {
    switch (step.kind) {
      case 'desire':
        this.#desire(step.place, step.row);
        break;
      case 'drift':
        step.operations.forEach((operation) => {
          this.virtualServers.drift(operation);
        });
        break;
      case 'unbind':
        this.addresses.rows.delete(step.place.address.text);
        break;
      case 'fault':
        this.virtualServers.addFaults(keyOf(step.place), step.fault);
        this.addresses.addFaults(step.place.address.text, step.fault);
        break;
      case 'call fails':
        this.virtualServers[`${step.call}Errors`].push(new Error('no answer'));
        break;
      case 'round':
        await this.reconciler.round();
        break;
      case 'audit':
        await this.reconciler.audit().catch(() => undefined);
        break;
      case 'allow removals':
        this.reconciler.allowRemovals();
        break;
      case 'wait':
        this.nowMs += step.ms;
        break;
    }
  }

  /** Lists the kernel while the steps are run: the list holds nothing of what they do. */
  async runWhileListed(steps: readonly Command[]): Promise<void> {
    const held = Promise.withResolvers<undefined>();
    this.virtualServers.afterListing = held.promise;
    const reading = this.reconciler.read().catch(() => undefined);
    await nextTurn();
    for (const step of steps) {
      await this.run(step);
    }
    held.resolve(undefined);
    await reading;
  }

  /** No more faults, one audit, and rounds as long as the loop asks for them. */
  async settle(): Promise<void> {
    this.clearFaults();
    this.reconciler.allowRemovals();
    await this.reconciler.audit();
    await this.rest();
    await this.finishDraining();
  }

  /** Looks at what drains until nothing does. */
  async finishDraining(): Promise<void> {
    for (let looks = 0; this.reconciler.hasRestless(); looks += 1) {
      assert.ok(looks < 10, 'the draining does not come to its end');
      await this.reconciler.reviewRestless();
      await this.rest();
    }
  }

  clearFaults(): void {
    this.virtualServers.clearFaults();
    this.addresses.clearFaults();
  }

  /** Rounds as long as the loop asks for them, each when it is due. */
  async rest(): Promise<void> {
    for (let rounds = 0; this.#advance(); rounds += 1) {
      assert.ok(rounds < 10, 'the loop does not come to rest');
      await this.reconciler.round();
    }
  }

  /** The least number of changes that make the kernel as desired. */
  leastChanges(): number {
    const keys = new Set([...this.desired.keys(), ...this.virtualServers.rows.keys()]);
    const wanted = this.#wantedAddresses();
    const shown = this.virtualServers.snapshot();
    const texts = new Set([...wanted, ...this.addresses.rows.keys()]);
    return (
      sum(keys, (key) => leastOperations(this.desired.get(key), shown.get(key))) +
      sum(texts, (text) => {
        const { additions, removals } = boundAddressDifference(
          wanted.has(text) ? IpAddress.parse(text) : undefined,
          this.addresses.rows.get(text),
        );
        return additions.length + removals.length;
      })
    );
  }

  assertAsDesired(): void {
    const foreign = foreignRows();
    assert.deepEqual(
      new Map(Array.from(this.virtualServers.rows, ([key, row]) => [key, withoutDrain(row)])),
      new Map([
        ...Array.from(foreign.virtualServers, ([key, row]) => [key, withoutDrain(row)] as const),
        ...Array.from(this.desired, ([key, row]) => [key, observedAs(row)] as const),
      ]),
    );
    assert.deepEqual(
      new Set(this.addresses.rows.keys()),
      new Set([...this.#wantedAddresses(), foreignPlace.address.text]),
    );
    this.assertForeignUntouched();
    assert.deepEqual(this.reconciler.differing(), []);
  }

  assertForeignUntouched(): void {
    const foreign = foreignRows();
    for (const [key, row] of foreign.virtualServers) {
      assert.deepEqual(this.virtualServers.rows.get(key), row);
    }
    assert.deepEqual(this.addresses.rows.get(foreignPlace.address.text), foreign.address);
  }

  #desire({ address, port }: Place, row: VirtualServer | undefined): void {
    const key = keyOf({ address, port });
    if (row === undefined) {
      this.desired.delete(key);
    } else {
      this.desired.set(key, row);
    }
    this.#virtualServerTable.setDesired(key, row);
    this.#addressTable.setDesired(address.text, row && address);
  }

  #advance(): boolean {
    const due = this.reconciler.nextDueAtMs();
    this.nowMs = Math.max(this.nowMs, due ?? 0);
    return due !== undefined || this.reconciler.hasWork();
  }

  #wantedAddresses(): Set<string> {
    return new Set(Array.from(this.desired.values(), ({ address }) => address.text));
  }
}

function foreignRows() {
  const { address } = foreignPlace;
  const row = observedAs(
    virtualServer({ scheduler: 'wlc', persistenceSeconds: 60, ...foreignPlace }),
    { owned: false, schedulerFlags: 3 },
  );
  const byMark = { ...row, id: { kind: 'fwmark', family: 'IPv4', fwmark: 7 } as const };
  return {
    virtualServers: new Map<string, typeof row>([
      [keyOf(foreignPlace), row],
      ['fwmark 7 (IPv4)', byMark],
    ]),
    address: { address, owned: false, settled: true },
  };
}

function sum<T>(values: Iterable<T>, of: (value: T) => number): number {
  return Array.from(values, of).reduce((total, value) => total + value, 0);
}

/** A copy as the fake kernel keeps it: what drains is said only of what it shows. */
function asKept(row: ObservedVirtualServer): ObservedVirtualServer {
  const realServers = Array.from(
    row.realServers,
    ([key, realServer]) => [key, { ...realServer, drain: 'unknown' }] as const,
  );
  return { ...row, realServers: new Map(realServers) };
}

export const firstRows = fc.tuple(
  ...places.map((where) =>
    fc.option(observedVirtualServer(where, fc.constant(true)), { nil: undefined }),
  ),
);

export function worldWith(rows: readonly (ReturnType<typeof observedAs> | undefined)[]): World {
  const world = new World();
  const foreign = foreignRows();
  foreign.virtualServers.forEach((row, key) => world.virtualServers.rows.set(key, row));
  world.addresses.rows.set(foreignPlace.address.text, foreign.address);
  rows.forEach((row, index) => {
    const where = places[index];
    if (row !== undefined && where !== undefined) {
      world.virtualServers.rows.set(keyOf(where), asKept(row));
    }
  });
  return world;
}

/** What is known of the draining of a real server is no part of the kernel's table. */
function withoutDrain(row: ObservedVirtualServer): ObservedVirtualServer {
  return {
    ...row,
    realServers: new Map(
      Array.from(row.realServers, ([key, { address, port, method, weight }]) => [
        key,
        { address, port, method, weight },
      ]),
    ),
  };
}
