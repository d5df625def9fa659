import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ShardedMap } from '../../../src/reconcile/sharded-map.ts';

function entriesOf(map: ShardedMap<number>): [string, number][] {
  return map.shards.flatMap((shard) => [...shard]).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

describe('a sharded map', () => {
  it('holds what a Map holds', () => {
    const key = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('TCP 10.96.0.1:80', '', 'a'));
    const step = fc.record({ key, value: fc.option(fc.nat(), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const map = new ShardedMap<number>();
        const model = new Map<string, number>();
        for (const { key: name, value } of steps) {
          if (value === undefined) {
            map.delete(name);
            model.delete(name);
          } else {
            map.set(name, value);
            model.set(name, value);
          }
          assert.equal(map.get(name), model.get(name));
        }
        assert.deepEqual(
          entriesOf(map),
          [...model].toSorted(([a], [b]) => (a < b ? -1 : 1)),
        );
      }),
    );
  });

  for (const [what, keyOf] of [
    ['virtual servers', (index: number) => `TCP ${addressOf(index)}:443`],
    ['node ports', (index: number) => `TCP 192.168.0.7:${30_000 + (index % 2768)}`],
    ['addresses', addressOf],
    ['IPv6 addresses', (index: number) => `fd00:10:96::${index.toString(16)}`],
  ] as const) {
    it(`spreads the keys of ${what}`, () => {
      const map = new ShardedMap<number>();
      for (let index = 0; index < 5000; index += 1) {
        map.set(keyOf(index), index);
      }
      // With 5,000 of them in 64 shards no table needs more than 512 places.
      assert.ok(Math.max(...map.shards.map(({ size }) => size)) < 512);
    });
  }
});

function addressOf(index: number): string {
  return `10.96.${index >> 8}.${index & 255}`;
}
