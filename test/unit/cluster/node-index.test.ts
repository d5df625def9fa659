import assert from 'node:assert/strict';
import { NodeIndex } from '../../../src/cluster/node-index.ts';

const a = { name: 'a', addresses: ['192.0.2.1', '198.51.100.1'] };
const b = { name: 'b', addresses: ['192.0.2.2', '198.51.100.1'] };

describe('the index of Nodes', () => {
  it('knows who has an address, also where it is several', () => {
    const index = new NodeIndex();
    index.replace([a, b]);
    assert.deepEqual(index.namesAt('192.0.2.1'), ['a']);
    assert.deepEqual(index.namesAt('198.51.100.1'), ['a', 'b']);
    assert.deepEqual(index.namesAt('192.0.2.3'), []);
  });

  it('says nothing of a heartbeat, and of a change the addresses that came and went', () => {
    const index = new NodeIndex();
    assert.deepEqual(index.set(a), a.addresses);
    assert.deepEqual(index.set({ ...a, addresses: [...a.addresses] }), []);
    assert.deepEqual(index.set({ name: 'a', addresses: ['192.0.2.9', '198.51.100.1'] }), [
      '192.0.2.1',
      '192.0.2.9',
    ]);
  });

  it('forgets a Node that is gone, or missing in a list, and no other one', () => {
    const index = new NodeIndex();
    index.replace([a, b]);
    assert.deepEqual(index.set({ name: 'a', addresses: [] }), a.addresses);
    assert.deepEqual(index.namesAt('198.51.100.1'), ['b']);
    assert.deepEqual(index.replace([]), b.addresses);
    assert.deepEqual(index.namesAt('198.51.100.1'), []);
  });
});
