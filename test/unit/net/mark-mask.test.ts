import assert from 'node:assert/strict';
import {
  formatMark,
  hasBit,
  MarkMask,
  parseMarkMask,
  usualMarkMask,
} from '../../../src/net/mark-mask.ts';

describe('the marks of a mask', () => {
  it('are as many as its bits allow, each with bits of the mask alone, and none of them twice', () => {
    const mask = new MarkMask(usualMarkMask);
    assert.equal(mask.size, 255);
    const marks = Array.from({ length: mask.size }, (_, index) => mask.markOf(index + 1));
    assert.equal(new Set(marks).size, 255);
    assert.ok(marks.every((mark) => mask.has(mark)));
    assert.deepEqual(
      [marks[0], marks[1], marks[127], marks[254]].map((mark) => formatMark(mark ?? 0)),
      ['0x1', '0x2', '0x1000', '0x107f'],
    );
  });

  it('are known by it', () => {
    const mask = new MarkMask(0x8000_0001);
    assert.deepEqual(
      [0, 1, 2, 3, 0x8000_0000, 0x8000_0001, 0x8000_0002].map((mark) => mask.has(mark)),
      [false, true, false, false, true, true, false],
    );
  });

  it('are read as a number of 1 to 16 bits', () => {
    assert.deepEqual(
      [
        '0x107f',
        '0x80000000',
        ' 0x1 ',
        '0xffff',
        '0x1ffff',
        '0x0',
        '107f',
        '0x',
        '0x1ffffffff',
      ].map(parseMarkMask),
      [0x107f, 0x8000_0000, 1, 0xffff, undefined, undefined, undefined, undefined, undefined],
    );
  });

  it('say whether they have a bit', () => {
    assert.deepEqual(
      [0, 12, 14, 31].map((bit) => hasBit(0x8000_107f, bit)),
      [true, true, false, true],
    );
  });
});
