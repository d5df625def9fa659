import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  effectiveWeight,
  slowStartSteps,
  stepOfWeight,
} from '../../../../src/kernel/ipvs/effective-weight.ts';
import { formatRealServer, type Operation } from '../../../../src/kernel/ipvs/model.ts';
import type { ObservedVirtualServer } from '../../../../src/kernel/ipvs/virtual-server-difference.ts';
import { KindTable } from '../../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../../src/reconcile/reconciler.ts';
import type { DesiredFrontEnd } from '../../../../src/translate/desired.ts';
import { FakeKernel } from '../../../support/fake-kernel/fake-kernel.ts';
import { realServer } from '../../../support/ipvs-examples.ts';
import { kernelKinds, type KernelKinds } from '../../../support/kernel-kinds.ts';
import { changed, frontEnd } from '../../../support/rows.ts';

const key = 'TCP 10.96.0.1:80';
const weight = 10;
const slowStartMs = 9000;

/** A front end whose real servers `10.244.1.HOST` have weight 10 and start within 9 s. */
function wanting(...hosts: readonly number[]): DesiredFrontEnd {
  const servers = hosts.map((host) => realServer(`10.244.1.${host}`, { weight }));
  return frontEnd({
    realServers: new Map(servers.map((each) => [formatRealServer(each), each])),
    slowStartMs,
  });
}

/** A program with its loop over a kernel that outlives it; the clock is the kernel's. */
class Program {
  readonly #kernel: FakeKernel;
  readonly #clock: { nowMs: number };
  readonly #table: KindTable<DesiredFrontEnd, ObservedVirtualServer, Operation>;
  readonly #kind: KernelKinds['virtualServers'];
  readonly #reconciler: Reconciler;

  private constructor(kernel: FakeKernel, clock: { nowMs: number }, kinds: KernelKinds) {
    this.#kernel = kernel;
    this.#clock = clock;
    this.#kind = kinds.virtualServers;
    this.#table = new KindTable(kinds.virtualServers);
    const ended = (): void => {
      kinds.virtualServers.roundEnded();
    };
    this.#reconciler = new Reconciler([this.#table], () => clock.nowMs, [], ended);
    this.#reconciler.allowRemovals();
  }

  static async start(
    row: DesiredFrontEnd | undefined,
    kernel = new FakeKernel(),
    clock = { nowMs: 0 },
  ): Promise<Program> {
    const program = new Program(kernel, clock, await kernelKinds(kernel, () => clock.nowMs));
    program.#table.setDesired(key, row);
    await program.#reconciler.audit();
    return program;
  }

  /** Another one over the same kernel, that wants the same or something else. */
  restarted(row: DesiredFrontEnd): Promise<Program> {
    return Program.start(row, this.#kernel, this.#clock);
  }

  async want(row: DesiredFrontEnd | undefined): Promise<void> {
    this.#table.setDesired(key, row);
    await this.#reconciler.round();
  }

  /** The look that the controller takes every second; how many changes it made. */
  async look(afterMs = 1000): Promise<number> {
    this.#clock.nowMs += afterMs;
    if (this.#reconciler.anyNeedsPolling()) {
      await this.#reconciler.pollRows();
    }
    return (await this.#reconciler.round()).applied;
  }

  async audit(): Promise<number> {
    return (await this.#reconciler.audit()).applied;
  }

  startAtOnce(): void {
    this.#kind.startAtOnce();
  }

  /** Somebody else gives a real server another weight. */
  meddle(host: number, other: number): void {
    const { realServers } = this.#kernel.ipvs.virtualServers.get(key) ?? {};
    const held = realServers?.get(`10.244.1.${host}:8080`);
    assert.ok(held);
    held.weight = other;
  }

  /** Whether nothing is left to be done, as far as is known. */
  get isSettled(): boolean {
    return this.#reconciler.differing().length === 0;
  }

  get weights(): Readonly<Record<number, number>> {
    return Object.fromEntries(
      this.#kernel.ipvs.weights(key).map((text) => {
        const [, host, held] = /^10\.244\.1\.(\d+):8080 (\d+)$/.exec(text) ?? [];
        return [Number(host), Number(held)] as const;
      }),
    );
  }
}

describe('the weight that the kernel is to have', () => {
  it('is 0 for what drains, whatever else is the matter', () => {
    assert.equal(effectiveWeight({ desired: undefined, step: 3 }), 0);
  });

  it('grows with the steps of a slow start from 1 at least to all of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), (desired) => {
        const steps = Array.from({ length: slowStartSteps }, (_, index) =>
          effectiveWeight({ desired, step: index + 1 }),
        );
        assert.ok(steps.every((each, index) => each >= Math.max(1, steps[index - 1] ?? 1)));
        assert.equal(steps.at(-1), desired);
        assert.equal(effectiveWeight({ desired }), desired);
      }),
    );
  });

  it('tells the step of a slow start, where there is a weight for each', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: slowStartSteps, max: 65_535 }),
        fc.integer({ min: 1, max: slowStartSteps }),
        (desired, step) => {
          assert.equal(stepOfWeight(effectiveWeight({ desired, step }), desired), step);
        },
      ),
    );
  });
});

describe('a slow start', () => {
  it('takes a tenth more in each ninth of its time', async () => {
    const program = await Program.start(wanting(1));
    await program.want(wanting(1, 2));
    const curve = [program.weights[2]];
    for (let second = 1; second <= 9; second += 1) {
      await program.look();
      curve.push(program.weights[2]);
    }
    assert.deepEqual(curve, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal(program.weights[1], weight);
    assert.equal(await program.look(), 0);
  });

  it('is none where the virtual server is new: all have their whole weight', async () => {
    assert.deepEqual((await Program.start(wanting(1, 2))).weights, { 1: 10, 2: 10 });
  });

  it('is over where none is left that has started before', async () => {
    const program = await Program.start(wanting(1));
    await program.want(wanting(1, 2));
    await program.look();
    await program.want(wanting(1, 2, 3));
    assert.deepEqual(program.weights, { 1: 10, 2: 2, 3: 1 });
    await program.want(wanting(2, 3));
    assert.deepEqual([program.weights[2], program.weights[3]], [10, 10]);
  });

  it('begins anew for one that drained and comes back', async () => {
    const program = await Program.start(wanting(1, 2));
    await program.want(wanting(1));
    await program.want(wanting(1, 2));
    assert.deepEqual(program.weights, { 1: 10, 2: 1 });
  });

  it('goes on where it stood after a restart, also for one that came meanwhile', async () => {
    const before = await Program.start(wanting(1));
    await before.want(wanting(1, 2));
    await before.look(4000);
    assert.equal(before.weights[2], 5);
    const after = await before.restarted(wanting(1, 2, 3));
    assert.deepEqual(after.weights, { 1: 10, 2: 5, 3: 1 });
    await after.look(1000);
    assert.deepEqual(after.weights, { 1: 10, 2: 6, 3: 2 });
    await after.look(8000);
    assert.deepEqual(after.weights, { 1: 10, 2: 10, 3: 10 });
  });

  it('is not what somebody else did to a weight: an audit repairs that', async () => {
    const program = await Program.start(wanting(1, 2));
    program.meddle(2, 3);
    await program.audit();
    assert.deepEqual(program.weights, { 1: 10, 2: 10 });
  });

  it('does not hide from an audit what somebody did to its own weight', async () => {
    const program = await Program.start(wanting(1));
    await program.want(wanting(1, 2));
    await program.look(3000);
    program.meddle(2, 9);
    await program.audit();
    assert.deepEqual(program.weights, { 1: 10, 2: 4 });
    assert.equal(await program.audit(), 0);
  });

  it('ends where it is no longer wanted', async () => {
    const program = await Program.start(wanting(1));
    await program.want(wanting(1, 2));
    await program.want(changed(wanting(1, 2), { slowStartMs: undefined }));
    assert.deepEqual(program.weights, { 1: 10, 2: 10 });
    assert.equal(await program.look(), 0);
  });

  it('is none where nobody will be there to go on', async () => {
    const program = await Program.start(wanting(1));
    program.startAtOnce();
    await program.want(wanting(1, 2));
    assert.deepEqual(program.weights, { 1: 10, 2: 10 });
    assert.ok(program.isSettled);
  });

  const hosts = fc.subarray([1, 2, 3, 4], { minLength: 1 });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('want' as const), hosts }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4000 }) }),
    fc.record({ kind: fc.constant('restart' as const), hosts }),
    fc.record({
      kind: fc.constant('meddle' as const),
      host: fc.constantFrom(1, 2, 3, 4),
      weight: fc.integer({ min: 1, max: 20 }),
    }),
  );

  it('never leaves a Service without one of whole weight, never falls, and always ends', async () => {
    await fc.assert(
      fc.asyncProperty(hosts, fc.array(step, { maxLength: 15 }), async (first, steps) => {
        let wanted = first;
        let program = await Program.start(wanting(...first));
        for (const each of steps) {
          const before = program.weights;
          const was = wanted;
          switch (each.kind) {
            case 'want':
              wanted = each.hosts;
              await program.want(wanting(...wanted));
              break;
            case 'pass':
              await program.look(each.ms);
              break;
            case 'restart':
              wanted = each.hosts;
              program = await program.restarted(wanting(...wanted));
              break;
            case 'meddle':
              if (wanted.includes(each.host)) {
                program.meddle(each.host, each.weight);
              }
              await program.audit();
              break;
          }
          const held = wanted.map((host) => program.weights[host] ?? 0);
          assert.ok(
            held.every((own) => own >= 1 && own <= weight),
            JSON.stringify(program.weights),
          );
          assert.ok(held.includes(weight), JSON.stringify(program.weights));
          for (const host of wanted.filter((other) => was.includes(other))) {
            assert.ok((program.weights[host] ?? 0) >= (before[host] ?? 0), `${host} fell`);
          }
          assert.ok(program.isSettled);
        }
        await program.look(slowStartMs);
        await program.look(slowStartMs);
        assert.ok(wanted.every((host) => program.weights[host] === weight));
      }),
    );
  });
});
