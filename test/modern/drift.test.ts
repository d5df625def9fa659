import assert from 'node:assert/strict';
import { mishapObjects, mishaps } from '../support/mishaps.ts';
import { inHost } from '../support/network.ts';
import { returnsTo, stateOf } from '../support/network-state.ts';
import { NetworkWorld } from '../support/network-world.ts';

/** Those that reach every table, family and set; test/kernel/drift has them all. */
const chosen = [
  'chains of IPv6 are flushed',
  'all jumps are deleted',
  'everything of netfilter is removed',
  'all virtual servers are deleted',
] as const satisfies readonly (keyof typeof mishaps)[];

const auditSeconds = 2;
/** It is what comes back that is tested here, not how soon. */
const limitMs = 12_000;

describe('what is changed by hand, in a kernel of today', () => {
  let world: NetworkWorld;
  let state: string;

  before(async () => {
    world = await NetworkWorld.build({
      objects: mishapObjects,
      agents: {},
      configuration: { ipvs: { syncPeriod: `${auditSeconds}s` } },
    });
    state = await stateOf('node-a');
  });
  after(() => world.remove());

  for (const what of chosen) {
    const line = mishaps[what];
    if (line === undefined) {
      continue;
    }
    it(`is as before when ${what}`, async () => {
      await world.program().pausedDuring(async () => {
        await inHost('node-a', line);
        assert.ok((await stateOf('node-a')) !== state, 'it made no difference');
      });
      await returnsTo(state, () => stateOf('node-a'), limitMs);
    });
  }
});
