import assert from 'node:assert/strict';
import { formatTable } from '../../../src/cli/text-table.ts';

describe('a table of text', () => {
  it('has columns as wide as their widest cell, and two blanks between them', () => {
    assert.equal(
      formatTable([
        ['A', 'LONG HEADER', 'C'],
        ['longer', 'b', 'c'],
      ]),
      'A       LONG HEADER  C\nlonger  b            c\n',
    );
  });

  it('has no blanks at the ends of lines', () => {
    assert.equal(
      formatTable([
        ['a', ''],
        ['bb', 'c'],
        ['', ''],
      ]),
      'a\nbb  c\n\n',
    );
  });

  it('lets a row that is a string stand across all columns', () => {
    assert.equal(
      formatTable([['a', 'b'], 'a long sentence', ['c', 'd']]),
      'a  b\na long sentence\nc  d\n',
    );
  });

  it('takes rows of different lengths', () => {
    assert.equal(formatTable([['a'], ['b', 'c']]), 'a\nb  c\n');
  });

  it('is empty without rows', () => {
    assert.equal(formatTable([]), '');
  });
});
