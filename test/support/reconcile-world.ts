import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AddressOperation } from '../../src/kernel/vip-link/messages.ts';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import type { Operation, VirtualServer } from '../../src/kernel/ipvs/model.ts';
import { IpAddress } from '../../src/net/ip-address.ts';
import { BackOff } from '../../src/reconcile/back-off.ts';
import {
  boundAddressDifference,
  type ObservedAddress,
} from '../../src/kernel/vip-link/bound-address-difference.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../src/reconcile/reconciler.ts';
import type { ObservedVirtualServer } from '../../src/kernel/ipvs/virtual-server-difference.ts';
import type { DesiredFrontEnd } from '../../src/translate/desired.ts';
import { leastOperations, shownByList } from './arbitrary-rows.ts';
import { ip } from './cluster-objects.ts';
import { FakeKernel } from './fake-kernel/fake-kernel.ts';
import { kernelKinds, type KernelKinds } from './kernel-kinds.ts';
import { bindVip, putRows, rowsOf, vipsOf } from './kernel-rows.ts';
import { keyOf, places, slowStartMs, type Command, type Place } from './reconcile-commands.ts';
import { frontEnd, heldAs } from './rows.ts';

/** Somebody else's, which no Service ever wants. */
const foreignPlace = { address: ip('10.96.9.9'), port: 80 };

/** A kernel with the VIP link, the tables that keep it, and what is wanted of it. */
export class World {
  readonly kernel: FakeKernel;
  readonly desired = new Map<string, DesiredFrontEnd>();
  readonly reconciler: Reconciler;
  readonly #virtualServerTable: KindTable<DesiredFrontEnd, ObservedVirtualServer, Operation>;
  readonly #addressTable: KindTable<IpAddress, ObservedAddress, AddressOperation>;
  readonly #virtualServers: KernelKinds['virtualServers'];
  readonly #somebodyElse: IpvsClient;
  readonly #clock: { nowMs: number };

  private constructor(
    kernel: FakeKernel,
    { virtualServers, addresses }: KernelKinds,
    somebodyElse: IpvsClient,
    clock: { nowMs: number },
  ) {
    this.kernel = kernel;
    this.#somebodyElse = somebodyElse;
    this.#clock = clock;
    this.#virtualServers = virtualServers;
    this.#virtualServerTable = new KindTable(virtualServers, new BackOff());
    this.#addressTable = new KindTable(addresses, new BackOff());
    this.reconciler = new Reconciler(
      [this.#virtualServerTable, this.#addressTable],
      () => clock.nowMs,
      [],
      () => {
        virtualServers.roundEnded();
      },
    );
  }

  static async start(): Promise<World> {
    const kernel = new FakeKernel();
    kernel.route.addLink('kube-ipvs0', 'dummy');
    const clock = { nowMs: 0 };
    const kinds = await kernelKinds(kernel, () => clock.nowMs);
    const somebodyElse = await IpvsClient.connect({}, kernel.openElsewhere('generic'));
    return new World(kernel, kinds, somebodyElse, clock);
  }

  async run(step: Command): Promise<void> {
    switch (step.kind) {
      case 'desire':
        this.#desire(step.place, step.row);
        break;
      case 'drift':
        await this.#somebodyElse.execute(step.operations);
        break;
      case 'unbind':
        this.kernel.route.unbind(step.place.address.text);
        break;
      case 'fault':
        this.kernel.addFaults(keyOf(step.place), step.fault);
        this.kernel.addFaults(step.place.address.text, step.fault);
        break;
      case 'question fails':
        this.kernel.addFaults(step.words, { kind: 'refused', code: 'ENOMEM' });
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
        this.#clock.nowMs += step.ms;
        break;
    }
  }

  /** Lists the kernel while the steps are run: the list holds nothing of what they do. */
  async runWhileListed(steps: readonly Command[]): Promise<void> {
    const release = this.kernel.holdAnswers('virtual servers');
    const reading = this.reconciler.read().catch(() => undefined);
    await nextTurn();
    for (const step of steps) {
      await this.run(step);
    }
    release();
    await reading;
  }

  /** No more faults, one audit, and rounds as long as the loop asks for them. */
  async settle(): Promise<void> {
    this.clearFaults();
    this.reconciler.allowRemovals();
    await this.reconciler.audit();
    await this.rest();
    await this.finish();
  }

  /** Looks until nothing drains, and what starts slowly has all of its weight. */
  async finish(): Promise<void> {
    for (let looks = 0; looks === 0 || this.#isUnfinished; looks += 1) {
      assert.ok(looks < 10, 'the draining and starting does not come to its end');
      await this.reconciler.pollRows();
      await this.rest();
      this.#clock.nowMs += slowStartMs;
    }
  }

  /** An ejected real server is looked at too, for as long as it is. */
  get #isUnfinished(): boolean {
    return this.#virtualServers.draining > 0 || this.#virtualServers.awaitsTime();
  }

  clearFaults(): void {
    this.kernel.clearFaults();
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
    const shown = new Map(
      Array.from(rowsOf(this.kernel), ([key, row]) => [key, drained(shownByList(row))]),
    );
    const keys = new Set([...this.desired.keys(), ...shown.keys()]);
    const wanted = this.#wantedAddresses();
    const bound = vipsOf(this.kernel);
    const texts = new Set([...wanted, ...bound.keys()]);
    return (
      sum(keys, (key) => leastOperations(this.desired.get(key), shown.get(key))) +
      sum(texts, (text) => {
        const { additions, removals } = boundAddressDifference(
          wanted.has(text) ? IpAddress.parse(text) : undefined,
          bound.get(text),
        );
        return additions.length + removals.length;
      })
    );
  }

  assertAsDesired(): void {
    assert.deepEqual(
      rowsOf(this.kernel),
      new Map([
        ...foreignRows(),
        ...Array.from(this.desired, ([key, row]) => [key, heldAs(row)] as const),
      ]),
    );
    assert.deepEqual(
      new Set(vipsOf(this.kernel).keys()),
      new Set([...this.#wantedAddresses(), foreignPlace.address.text]),
    );
    this.assertForeignUntouched();
    assert.deepEqual(this.reconciler.differing(), []);
  }

  assertForeignUntouched(): void {
    const rows = rowsOf(this.kernel);
    for (const [key, row] of foreignRows()) {
      assert.deepEqual(rows.get(key), row);
    }
    assert.equal(vipsOf(this.kernel).get(foreignPlace.address.text)?.owned, false);
  }

  #desire({ address, port }: Place, row: DesiredFrontEnd | undefined): void {
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
    this.#clock.nowMs = Math.max(this.#clock.nowMs, due ?? 0);
    return due !== undefined || this.reconciler.hasWork();
  }

  #wantedAddresses(): Set<string> {
    const wanted = places.filter((where) => this.desired.has(keyOf(where)));
    return new Set(wanted.map(({ address }) => address.text));
  }
}

function foreignRows(): Map<string, VirtualServer> {
  const persistence = { timeoutSeconds: 60, prefixLength: 32 };
  const settings = { scheduler: 'wlc', persistence, owned: false, schedulerFlags: 3 };
  const row = heldAs(frontEnd({ ...foreignPlace, ...settings }));
  const byMark = { ...row, id: { kind: 'fwmark', family: 'IPv4', fwmark: 7 } as const };
  return new Map([
    [keyOf(foreignPlace), row],
    ['fwmark 7 (IPv4)', byMark],
  ]);
}

function sum<T>(values: Iterable<T>, of: (value: T) => number): number {
  return Array.from(values, of).reduce((total, value) => total + value, 0);
}

/** Nobody has connections: what drains is over at the next look. */
function drained(virtualServer: VirtualServer): ObservedVirtualServer {
  return { virtualServer, drained: new Set(virtualServer.realServers.keys()) };
}

export async function worldWith(
  rows: readonly (ObservedVirtualServer | undefined)[],
): Promise<World> {
  const world = await World.start();
  const first = rows.map((row, index) => {
    const where = places[index];
    return row === undefined || where === undefined
      ? []
      : [[keyOf(where), row.virtualServer] as const];
  });
  putRows(world.kernel, [...foreignRows(), ...first.flat()]);
  bindVip(world.kernel, foreignPlace.address, false);
  return world;
}
