import assert from 'node:assert/strict';
import { lines, requireSameLines } from '../../../hack/bench/same-lines.ts';

describe('the check of a measured table', () => {
  it('takes the right lines in any order', () => {
    requireSameLines('the table', ['b', 'a'], ['a', 'b']);
  });

  it('finds one wrong line among right ones', () => {
    assert.throws(() => {
      requireSameLines('the table', ['a', 'x', 'c'], ['c', 'b', 'a']);
    }, /^Error: the table: 'c' where 'b' is right$/);
  });

  it('finds lines that are missing', () => {
    assert.throws(() => {
      requireSameLines('the table', ['a'], ['a', 'b']);
    }, /the table: 1 lines where 2 are right/);
  });

  it('finds a line that stands for another one twice', () => {
    assert.throws(() => {
      requireSameLines('the table', ['a', 'a'], ['a', 'b']);
    }, /'a' where 'b' is right/);
  });

  it('takes no notice of blanks at the end and of empty lines', () => {
    assert.deepEqual(lines('-A -t 10.0.0.1:80 \n\n-a\n'), ['-A -t 10.0.0.1:80', '-a']);
  });
});
