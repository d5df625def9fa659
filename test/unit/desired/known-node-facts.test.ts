import assert from 'node:assert/strict';
import { KnownNodeFacts } from '../../../src/desired/known-node-facts.ts';
import { noOutliers } from '../../../src/outliers/outliers.ts';
import type { NodePortAddresses } from '../../../src/translate/node-addresses.ts';
import { ip, node } from '../../support/cluster-objects.ts';

const addresses = ['192.0.2.10', '198.18.0.5'].map(ip);

function nodePlace(setting: NodePortAddresses = { kind: 'all' }): KnownNodeFacts {
  return new KnownNodeFacts('node-a', setting, {
    isVip: ({ text }) => text === '10.96.0.1',
    serviceAt: () => undefined,
    ownerOf: () => undefined,
    nodeWeight: () => undefined,
    outliersOf: () => noOutliers,
    markOf: () => undefined,
  });
}

describe('the place of the node', () => {
  it('has a name from the start, and no zone and no addresses', () => {
    const { current } = nodePlace();
    assert.equal(current.nodeName, 'node-a');
    assert.equal(current.zone, undefined);
    assert.deepEqual([...current.nodeAddresses], []);
    assert.deepEqual(current.nodePortAddresses, []);
    assert.deepEqual([...current.missingSchedulers], []);
  });

  it('knows the VIPs', () => {
    const { current } = nodePlace();
    assert.ok(current.isVip(ip('10.96.0.1')));
    assert.ok(!current.isVip(ip('10.96.0.2')));
  });

  it('follows the Node object: its zone comes, changes and goes', () => {
    const place = nodePlace();
    for (const [held, zone] of [
      [node({ zone: 'z1' }), 'z1'],
      [node({ zone: 'z2' }), 'z2'],
      [undefined, undefined],
    ] as const) {
      place.setNode(held);
      assert.equal(place.current.zone, zone);
    }
  });

  it('follows the addresses of the node', () => {
    const place = nodePlace();
    place.setNodeAddresses(addresses);
    assert.deepEqual([...place.current.nodeAddresses], ['192.0.2.10', '198.18.0.5']);
    assert.deepEqual(place.current.nodePortAddresses, addresses);
    place.setNodeAddresses([ip('192.0.2.10')]);
    assert.deepEqual([...place.current.nodeAddresses], ['192.0.2.10']);
  });

  it('with primary has the node ports where the Node object says, and all addresses as its own', () => {
    const place = nodePlace({ kind: 'primary' });
    place.setNodeAddresses(addresses);
    assert.deepEqual(place.current.nodePortAddresses, []);
    place.setNode(node({ primaryAddresses: [ip('192.0.2.10')] }));
    assert.deepEqual(place.current.nodePortAddresses.map(String), ['192.0.2.10']);
    assert.deepEqual([...place.current.nodeAddresses], ['192.0.2.10', '198.18.0.5']);
  });

  it('tells whether a missing scheduler is news, and remembers it until it is forgotten', () => {
    const place = nodePlace();
    assert.equal(place.forgetMissingSchedulers(), false);
    assert.equal(place.addMissingScheduler('mh'), true);
    assert.equal(place.addMissingScheduler('mh'), false);
    assert.deepEqual([...place.current.missingSchedulers], ['mh']);
    place.setNodeAddresses(addresses);
    assert.deepEqual([...place.current.missingSchedulers], ['mh']);
    assert.equal(place.forgetMissingSchedulers(), true);
    assert.deepEqual([...place.current.missingSchedulers], []);
    assert.equal(place.addMissingScheduler('mh'), true);
  });
});
