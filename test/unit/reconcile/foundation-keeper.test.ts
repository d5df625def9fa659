import assert from 'node:assert/strict';
import { FoundationKeeper } from '../../../src/reconcile/foundation-keeper.ts';
import { ImpossibleError, type Foundation } from '../../../src/reconcile/foundation.ts';

/** Two foundations; each fails with what is written down for it. The chains need what is given. */
function setUp(needs: readonly string[] = []) {
  const errors = new Map<string, Error>();
  const tried: string[] = [];
  const clock = { ms: 0 };
  const foundations = ['sets', 'chains'].map((name): Foundation => ({
    name,
    needs: name === 'chains' ? needs : [],
    ensure: () => {
      tried.push(name);
      const error = errors.get(name);
      return error === undefined ? Promise.resolve() : Promise.reject(error);
    },
  }));
  return { errors, tried, clock, keeper: new FoundationKeeper(foundations, () => clock.ms) };
}

describe('foundations', () => {
  it('that fail for a passing reason are tried again after 1 s, doubled up to 30 s', async () => {
    const { errors, tried, clock, keeper } = setUp();
    errors.set('chains', new Error('the lock is held'));
    await keeper.ensureAll();
    const waits: (number | undefined)[] = [];
    for (let round = 0; round < 7; round += 1) {
      const waitMs = keeper.dueInMs();
      waits.push(waitMs);
      clock.ms += waitMs ?? 0;
      await keeper.retry();
    }
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    assert.deepEqual(new Set(tried.slice(2)), new Set(['chains']));
    assert.deepEqual(keeper.waitingFor(), ['chains: the lock is held']);
  });

  it('are in place, waited for, or impossible', async () => {
    const { errors, keeper } = setUp();
    errors.set('sets', new ImpossibleError('no such module'));
    errors.set('chains', new Error('the lock is held'));
    await keeper.ensureAll();
    assert.deepEqual(keeper.states(), [
      ['sets', 'impossible'],
      ['chains', 'waiting'],
    ]);
    errors.clear();
    await keeper.ensureAll();
    assert.deepEqual(keeper.states(), [
      ['sets', 'in place'],
      ['chains', 'in place'],
    ]);
  });

  it('that come are named, and waited for no more', async () => {
    const { errors, clock, keeper } = setUp();
    errors.set('chains', new Error('the lock is held'));
    await keeper.ensureAll();
    errors.clear();
    clock.ms = 1000;
    assert.deepEqual(await keeper.retry(), { failures: [], mended: ['chains'] });
    assert.deepEqual(keeper.waitingFor(), []);
    assert.equal(keeper.dueInMs(), undefined);
  });

  it('that are impossible are not waited for, and tried in audits alone', async () => {
    const { errors, tried, clock, keeper } = setUp();
    errors.set('sets', new ImpossibleError('no such type'));
    assert.equal((await keeper.ensureAll()).length, 1);
    assert.equal(keeper.dueInMs(), undefined);
    assert.deepEqual(keeper.waitingFor(), []);
    assert.deepEqual(keeper.failing(), ['sets']);
    clock.ms = 60_000;
    await keeper.retry();
    assert.deepEqual(tried, ['sets', 'chains']);
    await keeper.ensureAll();
    assert.deepEqual(tried, ['sets', 'chains', 'sets', 'chains']);
  });

  it('that somebody took away are tried at once, but for those that wait', async () => {
    const { errors, tried, keeper } = setUp();
    errors.set('chains', new Error('the lock is held'));
    await keeper.ensureAll();
    keeper.suspect(['sets', 'chains']);
    assert.equal(keeper.dueInMs(), 0);
    await keeper.retry();
    assert.deepEqual(tried, ['sets', 'chains', 'sets']);
  });

  it('are tried again with what they need, whose end they may just have told of', async () => {
    const { errors, tried, clock, keeper } = setUp(['sets']);
    errors.set('chains', new Error('a set is gone'));
    await keeper.ensureAll();
    clock.ms += 1000;
    errors.clear();
    assert.deepEqual(await keeper.retry(), { failures: [], mended: ['chains'] });
    assert.deepEqual(tried, ['sets', 'chains', 'sets', 'chains']);
  });

  it('that are needed and come with another one are named, too', async () => {
    const { errors, clock, keeper } = setUp(['sets']);
    errors.set('sets', new ImpossibleError('no such module'));
    errors.set('chains', new Error('the lock is held'));
    await keeper.ensureAll();
    clock.ms += 1000;
    errors.delete('sets');
    assert.deepEqual((await keeper.retry()).mended, ['sets']);
  });
});
