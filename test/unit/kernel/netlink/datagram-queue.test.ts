import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DatagramQueue } from '../../../../src/kernel/netlink/datagram-queue.ts';

describe('a queue of datagrams', () => {
  it('gives back what came, in its order, and nothing more', () => {
    const queue = new DatagramQueue();
    queue.push(Buffer.from('first'));
    queue.push(Buffer.from('second'));
    assert.equal(queue.take()?.toString(), 'first');
    queue.push(Buffer.from('third'));
    assert.equal(queue.take()?.toString(), 'second');
    assert.equal(queue.take()?.toString(), 'third');
    assert.equal(queue.take(), undefined);
    queue.push(Buffer.from('fourth'));
    assert.equal(queue.take()?.toString(), 'fourth');
  });

  it('does not mind what becomes of a datagram once it has come', () => {
    const queue = new DatagramQueue();
    const datagram = Buffer.from('as it was');
    queue.push(datagram);
    datagram.fill(0);
    assert.equal(queue.take()?.toString(), 'as it was');
  });

  it('forgets all when it is cleared', () => {
    const queue = new DatagramQueue();
    queue.push(Buffer.from('old'));
    queue.clear();
    queue.push(Buffer.from('new'));
    assert.equal(queue.take()?.toString(), 'new');
    assert.equal(queue.take(), undefined);
  });

  it('holds as many and as large ones as come, taken in between or not', () => {
    const step = fc.oneof(
      fc.integer({ min: 0, max: 40_000 }).map((size) => ({ size })),
      fc.constant('take' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const queue = new DatagramQueue();
        const expected: Buffer[] = [];
        for (const [index, what] of steps.entries()) {
          if (what === 'take') {
            assert.deepEqual(queue.take(), expected.shift());
          } else {
            const datagram = Buffer.alloc(what.size, index);
            expected.push(datagram);
            queue.push(datagram);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
