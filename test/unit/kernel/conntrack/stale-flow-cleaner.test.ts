import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { StaleFlowCleaner } from '../../../../src/kernel/conntrack/stale-flow-cleaner.ts';
import type { StaleFlows } from '../../../../src/kernel/conntrack/stale-flows.ts';
import { deleted, dns, flow } from '../../../support/stale-flow-examples.ts';
import { until } from '../../../support/until.ts';

describe('the cleaner of stale flows', () => {
  class Client {
    readonly calls: StaleFlows[] = [];
    error: Error | undefined;

    deleteStale(stale: StaleFlows): Promise<number> {
      this.calls.push(stale);
      return this.error === undefined ? Promise.resolve(0) : Promise.reject(this.error);
    }
  }

  function setUp() {
    const client = new Client();
    const failures: string[] = [];
    const cleaner = new StaleFlowCleaner(client, (error) => failures.push(error.message));
    return { client, failures, cleaner };
  }

  it('looks once for all that a round has changed, after the round', async () => {
    const { client, cleaner } = setUp();
    cleaner.note(deleted('10.244.1.1'));
    cleaner.note(deleted('10.244.1.2'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(client.calls.length, 0);
    cleaner.roundEnded();
    assert.equal(client.calls.length, 1);
    const [stale] = client.calls;
    assert.deepEqual(
      ['10.244.1.1', '10.244.1.2', '10.244.1.3'].map((text) => stale?.isStale(flow(text))),
      [true, true, false],
    );
  });

  it('tells how many it has deleted', async () => {
    const { client, cleaner } = setUp();
    client.deleteStale = () => Promise.resolve(3);
    const told: number[] = [];
    cleaner.onSearched((count) => told.push(count));
    cleaner.note(deleted('10.244.1.1'));
    cleaner.roundEnded();
    await until('it was told', () => told.length > 0);
    assert.deepEqual(told, [3]);
  });

  it('looks once more for all that rounds have changed while it was busy', async () => {
    const { client, cleaner } = setUp();
    cleaner.note(deleted('10.244.1.1'));
    cleaner.roundEnded();
    for (const server of ['10.244.1.2', '10.244.1.3']) {
      cleaner.note(deleted(server));
      cleaner.roundEnded();
    }
    assert.equal(client.calls.length, 1);
    await until('it has looked again', () => client.calls.length === 2);
    assert.deepEqual(
      ['10.244.1.1', '10.244.1.2', '10.244.1.3'].map((text) =>
        client.calls[1]?.isStale(flow(text)),
      ),
      [false, true, true],
    );
  });

  it('does not look in the middle of a round', async () => {
    const { client, cleaner } = setUp();
    cleaner.note(deleted('10.244.1.1'));
    cleaner.roundEnded();
    cleaner.note(deleted('10.244.1.2'));
    await delay(50);
    assert.equal(client.calls.length, 1);
    cleaner.roundEnded();
    assert.equal(client.calls.length, 2);
  });

  it('rests four times as long as it has looked, so that a large table costs no processor', async () => {
    let now = 0;
    const client = new Client();
    const cleaner = new StaleFlowCleaner(
      client,
      () => undefined,
      () => (now += 50),
    );
    cleaner.note(deleted('10.244.1.1'));
    cleaner.roundEnded();
    cleaner.note(deleted('10.244.1.2'));
    cleaner.roundEnded();
    const startedAt = performance.now();
    await until('it has looked again', () => client.calls.length === 2);
    assert.ok(performance.now() - startedAt > 190);
  });

  it('does not look where nothing can be stale', () => {
    const { client, cleaner } = setUp();
    cleaner.note(deleted('10.244.1.1', { ...dns, protocol: 'TCP' }));
    cleaner.roundEnded();
    assert.equal(client.calls.length, 0);
  });

  it('tells of a failure and goes on', async () => {
    const { client, failures, cleaner } = setUp();
    client.error = new Error('no answer');
    cleaner.note(deleted('10.244.1.1'));
    cleaner.roundEnded();
    await until('the failure is told', () => failures.length > 0);
    assert.deepEqual(failures, ['no answer']);
    client.error = undefined;
    cleaner.note(deleted('10.244.1.2'));
    cleaner.roundEnded();
    await until('it has looked again', () => client.calls.length === 2);
  });
});
