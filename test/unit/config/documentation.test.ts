import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { generatedPages } from '../../../hack/docs/pages.ts';

describe('the documentation that is made from the code', () => {
  it('is what `npm run docs` writes', async function () {
    // Prettier takes its time where the machine is busy.
    this.timeout(20_000);
    for (const { path, text } of await generatedPages()) {
      const written = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
      assert.equal(written, text, `${path} is out of date: npm run docs`);
    }
  });
});
