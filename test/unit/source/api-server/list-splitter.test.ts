import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ListSplitter } from '../../../../src/source/api-server/list-splitter.ts';

function split(pieces: readonly string[]): { items: unknown[]; envelope: unknown } {
  const items: unknown[] = [];
  const splitter = new ListSplitter((raw) => items.push(raw));
  pieces.forEach((piece) => {
    splitter.push(piece);
  });
  return { items, envelope: splitter.end() };
}

/** Cuts a text at places that are given as parts of its length. */
function cut(text: string, places: readonly number[]): string[] {
  const ends = places.map((place) => Math.floor(place * text.length)).sort((a, b) => a - b);
  return [...ends, text.length].map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }));

describe('a list that is taken apart', () => {
  it('gives what JSON.parse gives, however it is cut into pieces', () => {
    const lists = fc.record({
      kind: fc.string(),
      metadata: fc.dictionary(fc.string(), fc.jsonValue()),
      items: fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())),
      other: fc.jsonValue(),
    });
    fc.assert(
      fc.property(lists, places, fc.constantFrom(0, 1), (list, where, indent) => {
        const text = JSON.stringify(list, undefined, indent);
        const expected = JSON.parse(text) as typeof list;
        const { items, envelope } = split(cut(text, where));
        assert.deepEqual(items, expected.items);
        assert.deepEqual(envelope, { ...expected, items: [] });
      }),
    );
  });

  it('hands over each item as soon as it is complete', () => {
    const items: unknown[] = [];
    const splitter = new ListSplitter((raw) => items.push(raw));
    splitter.push('{"items":[{"a":1},{"b":[{}]');
    assert.deepEqual(items, [{ a: 1 }]);
    splitter.push('}');
    assert.deepEqual(items, [{ a: 1 }, { b: [{}] }]);
    splitter.push(' ]}\n');
    assert.deepEqual(splitter.end(), { items: [] });
  });

  it('is no list of items where `items` is further inside, or a text', () => {
    const text = '{"spec":{"items":[{"a":1}]},"note":"\\"items\\":[{","items":null}';
    const envelope: unknown = JSON.parse(text);
    assert.deepEqual(split([text]), { items: [], envelope });
  });

  it('is refused when it is cut off anywhere', () => {
    const text = '{"kind":"List","metadata":{},"items":[{"a":"}"},{"b":["]"]}]}';
    for (let length = 0; length < text.length; length += 1) {
      assert.throws(() => split([text.slice(0, length)]), SyntaxError, text.slice(0, length));
    }
  });

  for (const text of [
    '{"items":[5]}',
    '{"items":[{}, null]}',
    '{"items":["{}"]}',
    '{"items":[{]}',
  ]) {
    it(`is refused as ${text}`, () => {
      assert.throws(() => split([text]), SyntaxError);
    });
  }
});
