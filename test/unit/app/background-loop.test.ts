import assert from 'node:assert/strict';
import { BackgroundLoop } from '../../../src/app/background-loop.ts';
import { until } from '../../support/until.ts';

/** A loop whose work lasts until its client is closed, as a question to the kernel does. */
function setUp() {
  const seen = { opened: 0, begun: 0, closed: 0, failures: 0 };
  const loop = new BackgroundLoop({
    open: () => {
      seen.opened += 1;
      let end: (error: Error) => void = () => undefined;
      const untilClosed = new Promise<void>((_, reject) => (end = reject));
      const close = (): void => {
        seen.closed += 1;
        end(new Error('the client was closed'));
      };
      return Promise.resolve({ close, untilClosed });
    },
    do: ({ untilClosed }) => {
      seen.begun += 1;
      return untilClosed;
    },
    failed: () => {
      seen.failures += 1;
    },
    waitMs: () => 1,
  });
  return { loop, seen };
}

describe('work in the background', () => {
  it('is cut off when it is stopped, which closes its client once and is no failure', async () => {
    const { loop, seen } = setUp();
    loop.start();
    await until('it began', () => seen.begun === 1);
    await loop.stop();
    assert.deepEqual(seen, { opened: 1, begun: 1, closed: 1, failures: 0 });
  });

  it('opens no client where it is stopped before it began', async () => {
    const { loop, seen } = setUp();
    loop.start(60_000);
    await loop.stop();
    assert.deepEqual(seen, { opened: 0, begun: 0, closed: 0, failures: 0 });
  });
});
