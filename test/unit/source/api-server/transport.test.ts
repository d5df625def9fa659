import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readLines } from '../../../../src/source/api-server/transport.ts';

async function linesOf(pieces: readonly string[]): Promise<string[]> {
  async function* body(): AsyncGenerator<string> {
    yield* pieces;
  }
  const lines: string[] = [];
  const response = { status: 200, retryAfterSeconds: undefined, body: body() };
  for await (const { text } of readLines(response, () => 0)) {
    lines.push(text);
  }
  return lines;
}

describe('the lines of a watch', () => {
  it('are the same however the body is cut into pieces', async () => {
    const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\u2028') }));
    await fc.assert(
      fc.asyncProperty(pieces, async (cut) => {
        const expected = cut.join('').split('\n').slice(0, -1);
        assert.deepEqual(await linesOf(cut), expected);
      }),
    );
  });

  it('end at line feeds alone, and a last one that is cut off is dropped', async () => {
    assert.deepEqual(await linesOf(['{"a":"\u2028\r"}\n{"b"']), ['{"a":"\u2028\r"}']);
  });

  it('come with the time when their last piece arrived', async () => {
    let now = 0;
    async function* body(): AsyncGenerator<string> {
      for (const piece of ['a', 'b\nc\n', 'd\n']) {
        now += 10;
        yield piece;
      }
    }
    const response = { status: 200, retryAfterSeconds: undefined, body: body() };
    const lines: unknown[] = [];
    for await (const line of readLines(response, () => now)) {
      lines.push(line);
    }
    assert.deepEqual(lines, [
      { text: 'ab', arrivedMs: 20 },
      { text: 'c', arrivedMs: 20 },
      { text: 'd', arrivedMs: 30 },
    ]);
  });
});
