import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goldenFolder, goldenRows, loadGoldenCases } from '../../support/golden.ts';

const page = join(import.meta.dirname, '../../../docs/golden-cases.md');

/** The rows of the table, with their cells as written. */
function documentedRows(): readonly string[] {
  return readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
        .join(' | '),
    );
}

describe('docs/golden-cases.md', () => {
  const cases = loadGoldenCases();

  it('says of each case what is true of it', function () {
    if (cases === undefined) {
      console.warn(`SKIPPED: there are no golden cases in ${goldenFolder}`);
      this.skip();
    }
    assert.deepEqual(
      documentedRows(),
      goldenRows(cases).map(({ name, about, state }) => `\`${name}\` | ${about} | ${state}`),
    );
  });

  it('has no case that differs', () => {
    assert.deepEqual(
      documentedRows().filter((row) => !/ \| (holds|waits for: .+)$/.test(row)),
      [],
    );
    assert.notEqual(documentedRows().length, 0);
  });
});
