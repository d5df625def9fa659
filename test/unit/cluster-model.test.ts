import fc from 'fast-check';
import { arbitraryOptions } from '../support/arbitrary-cluster.ts';
import { clusterStory, ejectionStory } from '../support/cluster-command.ts';
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

  it('the kernel ends with that also where real servers fail, drift, start slowly and drain', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(arbitraryOptions, ejectionStory(20), async (options, commands) => {
        await followsTheCluster(new MemoryKernel(), options, commands);
      }),
      { numRuns: 300 },
    );
  });
});
