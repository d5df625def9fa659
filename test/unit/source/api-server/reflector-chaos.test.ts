import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FaultWorld } from '../../../support/fault-world.ts';
import type { Fault } from '../../../support/model-transport.ts';

/** One thing that happens, to the cluster or to the way to its API server. */
type Happening =
  | { readonly kind: 'put' | 'remove'; readonly name: string; readonly port: number }
  | { readonly kind: 'put slice' | 'remove slice'; readonly name: string; readonly port: number }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'fault'; readonly fault: Fault | undefined }
  | { readonly kind: Disturbance };

type Disturbance = 'break' | 'end' | 'silence' | 'compact' | 'backup' | 'restore';

const name = fc.constantFrom('a', 'b', 'c');
const port = fc.integer({ min: 80, max: 83 });
const fault: fc.Arbitrary<Fault | undefined> = fc.oneof(
  fc.constantFrom<(Fault | undefined)[]>(
    undefined,
    { kind: 'refused' },
    { kind: 'silent' },
    { kind: 'twice' },
    { kind: 'echo' },
    { kind: 'slow', length: 40, pauseMs: 500 },
  ),
  fc.record({ kind: fc.constant('cut' as const), after: fc.integer({ min: -1, max: 1500 }) }),
  fc.record({
    kind: fc.constant('status' as const),
    code: fc.constantFrom(401, 403, 404, 410, 429, 500, 503),
    retryAfterSeconds: fc.integer({ min: 0, max: 5 }),
  }),
);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constantFrom('put' as const, 'remove' as const), name, port }),
  fc.record({ kind: fc.constantFrom('put slice' as const, 'remove slice' as const), name, port }),
  fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(0, 10, 500, 5000, 200_000) }),
  fc.record({ kind: fc.constant('fault' as const), fault }),
  fc.record({
    kind: fc.constantFrom(
      'break' as const,
      'end' as const,
      'silence' as const,
      'compact' as const,
      'backup' as const,
      'restore' as const,
    ),
  }),
);

/** Nothing fails any more, for as long as the longest wait and the longest silence take. */
const healingMs = 30_000 + 65_000 + 150_000;

/** A FaultWorld in which things happen. */
class ChaoticWorld extends FaultWorld {
  #backup = this.model.backup();

  async act(what: Happening): Promise<void> {
    switch (what.kind) {
      case 'put':
        this.putService(what.name, what.port);
        break;
      case 'remove':
        this.removeService(what.name);
        break;
      case 'put slice':
        this.putSlice(what.name, `10.244.0.${what.port}`);
        break;
      case 'remove slice':
        this.removeSlice(what.name);
        break;
      case 'time':
        await this.clock.advance(what.ms);
        break;
      case 'fault':
        this.transport.plan = () => what.fault;
        break;
      default:
        await this.#disturb(what.kind);
    }
  }

  async heal(): Promise<void> {
    this.transport.plan = () => undefined;
    await this.clock.advance(healingMs);
  }

  async #disturb(kind: Disturbance): Promise<void> {
    switch (kind) {
      case 'break':
        this.model.breakWatches();
        break;
      case 'end':
        this.model.endWatches();
        break;
      case 'silence':
        this.transport.silence();
        break;
      case 'compact':
        this.model.compact();
        break;
      case 'backup':
        this.#backup = this.model.backup();
        break;
      case 'restore':
        // A server is restarted for it. Once it has overtaken the version that a client
        // has, nothing tells that its history is another one: that is why etcd can raise
        // the version of what it restores.
        this.model.restore(this.#backup);
        this.model.breakWatches();
        await this.heal();
    }
  }
}

describe('whatever happens, in whatever order,', function () {
  // Thousands of worlds; a busy machine takes its time.
  this.timeout(60_000);

  it('the store is right in the end, has lost nothing meanwhile, and the server was spared', async () => {
    const story = fc.array(happening, { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(story, async (happenings) => {
        const world = new ChaoticWorld();
        world.begin();
        for (const what of happenings) {
          await world.act(what);
        }
        await world.heal();
        world.assertRight();
        const seconds = world.clock.now() / 1000;
        const perResource = world.transport.paths.length / 3;
        assert.ok(perResource <= 12 + 2.5 * seconds, `${perResource} requests in ${seconds} s`);
        await world.stop();
      }),
      { numRuns: 300 },
    );
  });
});
