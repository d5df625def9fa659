import assert from 'node:assert/strict';
import fc from 'fast-check';
import { command, firstRows } from '../../support/reconcile-commands.ts';
import { worldWith } from '../../support/reconcile-world.ts';

describe('whatever Services, others and the kernel do', () => {
  it('the kernel ends as desired, and what is not ours is never touched', async () => {
    await fc.assert(
      fc.asyncProperty(firstRows, fc.array(command, { maxLength: 40 }), async (rows, steps) => {
        const world = await worldWith(rows);
        for (const step of steps) {
          await world.run(step);
          world.assertForeignUntouched();
        }
        await world.settle();
        world.assertAsDesired();
      }),
      { numRuns: 300 },
    );
  });

  it('an audit without faults makes as few changes as there can be', async () => {
    await fc.assert(
      fc.asyncProperty(firstRows, fc.array(command, { maxLength: 20 }), async (rows, steps) => {
        const world = await worldWith(rows);
        for (const step of steps) {
          await world.run(step);
        }
        await world.settle();
        const drift = steps.filter(({ kind }) => kind === 'drift' || kind === 'unbind');
        for (const step of [...drift, ...steps.filter(({ kind }) => kind === 'desire')]) {
          await world.run(step);
        }
        const least = world.leastChanges();
        world.kernel.log.length = 0;
        const { applied, failures } = await world.reconciler.audit();
        assert.deepEqual(failures, []);
        assert.equal(applied, least);
        assert.equal(world.kernel.log.length, least);
        await world.finish();
        world.assertAsDesired();
        assert.equal((await world.reconciler.audit()).applied, 0);
      }),
      { numRuns: 200 },
    );
  });

  it('the kernel ends as desired without a further audit where nobody else changes it', async () => {
    const byUs = command.filter(({ kind }) => !['drift', 'unbind', 'audit'].includes(kind));
    await fc.assert(
      fc.asyncProperty(firstRows, fc.array(byUs, { maxLength: 40 }), async (rows, steps) => {
        const world = await worldWith(rows);
        await world.settle();
        for (const step of steps) {
          await world.run(step);
        }
        world.clearFaults();
        await world.rest();
        await world.finish();
        world.assertAsDesired();
      }),
      { numRuns: 300 },
    );
  });

  it('the kernel ends as desired where changes go on while an audit lists it', async () => {
    const byUs = command.filter(({ kind }) => !['drift', 'unbind', 'audit'].includes(kind));
    const steps = fc.array(fc.array(byUs, { maxLength: 8 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(firstRows, steps, steps, async (rows, before, during) => {
        const world = await worldWith(rows);
        await world.settle();
        for (const [index, meanwhile] of during.entries()) {
          for (const step of before[index] ?? []) {
            await world.run(step);
          }
          await world.runWhileListed(meanwhile);
          world.assertForeignUntouched();
        }
        world.clearFaults();
        await world.rest();
        await world.finish();
        world.assertAsDesired();
      }),
      { numRuns: 300 },
    );
  });

  it('nothing is removed before that is allowed', async () => {
    const early = command.filter(({ kind }) => kind !== 'allow removals');
    await fc.assert(
      fc.asyncProperty(firstRows, fc.array(early, { maxLength: 30 }), async (rows, steps) => {
        const world = await worldWith(rows);
        for (const step of steps) {
          await world.run(step);
        }
        assert.deepEqual(
          world.kernel.log.filter((line) => /^(delete|unbind)/.test(line)),
          [],
        );
      }),
    );
  });
});
