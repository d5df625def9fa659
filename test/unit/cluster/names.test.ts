import assert from 'node:assert/strict';
import { parseServiceKey } from '../../../src/cluster/names.ts';

describe('the key of a Service that somebody names', () => {
  for (const [text, key] of [
    ['default/web', 'default/web'],
    ['web', 'shop/web'],
    ['', undefined],
    ['a/b/c', undefined],
    ['Web', undefined],
    ['default/', undefined],
    ['default/web:http', undefined],
  ] as const) {
    it(`${JSON.stringify(text)} in the namespace shop is ${key ?? 'none'}`, () => {
      assert.equal(parseServiceKey(text, 'shop'), key);
    });
  }

  it('is of the namespace default where none is named', () => {
    assert.equal(parseServiceKey('web'), 'default/web');
  });
});
