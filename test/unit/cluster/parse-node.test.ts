import assert from 'node:assert/strict';
import { parseNode } from '../../../src/cluster/parse-node.ts';
import { rawNode } from '../../support/manifests.ts';

describe('a Node', () => {
  it('is reduced to its name and zone', () => {
    const raw = rawNode('node-a.example.com', { 'topology.kubernetes.io/zone': 'z1' });
    assert.deepEqual(parseNode(raw).value, { name: 'node-a.example.com', zone: 'z1' });
  });

  it('without the label, or with an empty one, is in no zone', () => {
    assert.equal(parseNode(rawNode('node-a')).value?.zone, undefined);
    const raw = rawNode('node-a', { 'topology.kubernetes.io/zone': '' });
    assert.equal(parseNode(raw).value?.zone, undefined);
  });

  it('with a bad name does not count', () => {
    const { value, problems } = parseNode(rawNode('Node_A'));
    assert.equal(value, undefined);
    assert.deepEqual(
      problems.map(({ object, field, value: found }) => [object, field, found]),
      [['Node', 'metadata.name', 'Node_A']],
    );
  });
});
