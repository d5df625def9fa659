import fc from 'fast-check';
import type { GoldenShape } from '../../src/cli/golden-shape.ts';
import { change, ChangingNode, shownWithoutDraining } from '../support/kernel-changes.ts';
import { emptyKernel, shownKernel, type ShownKernel } from '../support/kernel-state.ts';
import { becomes } from '../support/kernel-table.ts';

const sequences = 10;

describe('whatever happens, the kernel becomes what a start from scratch would make of it', () => {
  let node: ChangingNode;

  before(async () => {
    await emptyKernel();
    node = new ChangingNode();
    await node.start();
  });
  after(async () => {
    await node.stop();
    await emptyKernel();
  });

  it(`after ${sequences} sequences of changes`, async function () {
    // Every restart of the program among them looks for iptables and reads its rules.
    this.timeout(180_000);
    // Each goes on from where the one before has led to: a failure cannot be made smaller.
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 3, maxLength: 12 }), async (changes) => {
        for (const each of changes) {
          await node.take(each);
        }
        await becomes<GoldenShape | ShownKernel>(shownWithoutDraining, node.expected());
      }),
      { numRuns: sequences, endOnFailure: true },
    );
  });

  it('and nothing is left that drains', async () => {
    await becomes<GoldenShape | ShownKernel>(shownKernel, node.expected());
  });
});
