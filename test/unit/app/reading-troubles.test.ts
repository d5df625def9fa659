import assert from 'node:assert/strict';
import { readingTroubles } from '../../../src/app/reading-troubles.ts';
import { NodeTroubles } from '../../../src/inspect/node-troubles.ts';

describe('a reading of the kernel that fails', () => {
  it('counts each time, and is a trouble of the node until one succeeds', () => {
    const counted: string[] = [];
    const kernel = {
      failed: (kind: string, errno: string) => counted.push(`${kind} ${errno}`),
      watch: () => undefined,
    };
    const troubles = new NodeTroubles(() => 0);
    const reading = readingTroubles('the counters', { kernel }, troubles);
    const error = Object.assign(new Error('no memory'), { code: 'ENOMEM' });
    reading.failed(error);
    reading.failed(error);
    assert.deepEqual(counted, ['counters ENOMEM', 'counters ENOMEM']);
    assert.deepEqual(
      [...troubles.all()].map(({ reason, text }) => [reason, text]),
      [['KernelUnreadable', 'the counters cannot be read: no memory']],
    );
    reading.succeeded();
    assert.deepEqual([...troubles.all()], []);
  });
});
