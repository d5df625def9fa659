import assert from 'node:assert/strict';
import { KindTable } from '../../../src/reconcile/kind-table.ts';
import type { Kind, ListSink } from '../../../src/reconcile/kind.ts';

/** A kind of numbers by name; `list` does what the test says. */
class Numbers implements Kind<number, number, string> {
  readonly name = 'number';
  listing: (sink: ListSink<number>) => void = () => undefined;
  readonly asked: string[] = [];

  list(sink: ListSink<number>): Promise<void> {
    return Promise.resolve(sink).then((ready) => {
      this.listing(ready);
    });
  }

  read(known: ReadonlyMap<string, number>): Promise<Map<string, number>> {
    this.asked.push(...known.keys());
    return Promise.resolve(new Map(known));
  }

  difference(desired: number | undefined, observed: number | undefined) {
    return { additions: desired === observed ? [] : [String(desired)], removals: [] };
  }

  apply(changes: readonly string[]) {
    return Promise.resolve(changes.map(() => undefined));
  }

  after(_observed: number | undefined, changes: readonly string[]): number {
    return Number(changes.at(-1));
  }
}

/** A table that holds one and two, as desired. */
async function setUp(): Promise<{ kind: Numbers; table: KindTable<number, number, string> }> {
  const kind = new Numbers();
  const table = new KindTable(kind);
  table.setDesired('one', 1);
  table.setDesired('two', 2);
  await table.applyAdditions(0);
  await table.applyRemovals(0);
  return { kind, table };
}

function take(sink: ListSink<number>, rows: Readonly<Record<string, number>>): void {
  const part = sink.begin();
  Object.entries(rows).forEach(([key, row]) => {
    part.take(key, row);
  });
  part.end();
}

describe('a list of the kernel', () => {
  it('may come in parts', async () => {
    const { kind, table } = await setUp();
    kind.listing = (sink) => {
      take(sink, { one: 1 });
      take(sink, { two: 2 });
    };
    await table.relist();
    assert.equal(table.hasDirty(), false);
  });

  it('counts for nothing as far as it was interrupted', async () => {
    const { kind, table } = await setUp();
    kind.listing = (sink) => {
      const interrupted = sink.begin();
      interrupted.take('one', 1);
      interrupted.take('two', 2);
      take(sink, { two: 2 });
    };
    await table.relist();
    assert.deepEqual(table.differing(), ['one']);
  });

  it('that fails midway makes nothing missing', async () => {
    const { kind, table } = await setUp();
    kind.listing = (sink) => {
      take(sink, { one: 1 });
      throw new Error('no answer');
    };
    await assert.rejects(table.relist(), /no answer/);
    assert.equal(table.hasDirty(), false);
  });

  it('is told what is known, and which keys it is too late for', async () => {
    const { kind, table } = await setUp();
    kind.listing = (sink) => {
      assert.deepEqual([sink.held('one'), sink.held('three')], [1, undefined]);
      assert.equal(sink.isStale('one'), false);
      table.setDesired('one', 10);
      assert.equal(sink.isStale('one'), true);
      const part = sink.begin();
      part.take('two', 2);
      assert.deepEqual([part.has('one'), part.has('two'), part.has('three')], [false, true, false]);
      part.end();
    };
    await table.relist();
    assert.deepEqual(table.differing(), ['one']);
  });

  it('is a reason to ask, and no more, about what it lacks beside a change', async () => {
    const { kind, table } = await setUp();
    kind.listing = (sink) => {
      take(sink, { one: 1 });
      table.setDesired('three', 3);
    };
    await table.relist();
    await table.reread(0);
    assert.deepEqual(kind.asked, ['two']);
    assert.deepEqual(table.differing(), ['three']);
  });
});
