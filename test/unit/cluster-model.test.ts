import fc from 'fast-check';
import { arbitraryOptions } from '../support/arbitrary-cluster.ts';
import { clusterStory } from '../support/cluster-command.ts';
import { followsTheCluster } from '../support/cluster-model.ts';
import { MemoryKernel } from '../support/memory-kernel.ts';

describe('whatever happens to a cluster, its node and the program', () => {
  it('the kernel ends with what the final state gives from scratch', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(arbitraryOptions, clusterStory(30), async (options, commands) => {
        await followsTheCluster(new MemoryKernel(), options, commands);
      }),
      { numRuns: 1000 },
    );
  });
});
