import assert from 'node:assert/strict';
import { NodeTroubles, type NodeTrouble } from '../../../src/inspect/node-troubles.ts';

const trouble: NodeTrouble = {
  object: 'kernel',
  reason: 'KernelUnreadable',
  text: 'no',
  advice: 'look',
};

describe('troubles of a node', () => {
  it('last from their beginning to their end, whatever their reason is meanwhile', () => {
    let nowMs = 0;
    const troubles = new NodeTroubles(() => nowMs);
    troubles.begin('kernel', trouble);
    nowMs = 5000;
    troubles.begin('kernel', { ...trouble, text: 'still no' });
    assert.deepEqual(troubles.all(), [
      { ...trouble, text: 'still no', service: null, since: '1970-01-01T00:00:00.000Z' },
    ]);
    troubles.end('kernel');
    assert.deepEqual(troubles.all(), []);
  });
});
