import assert from 'node:assert/strict';
import { parseNamedNode, parseNode, parseNodeWeight } from '../../../src/cluster/parse-node.ts';
import { formatProblem } from '../../../src/base/problem.ts';
import { rawNode } from '../../support/manifests.ts';

describe('a Node', () => {
  it('is reduced to its name and zone', () => {
    const raw = rawNode('node-a.example.com', { 'topology.kubernetes.io/zone': 'z1' });
    assert.deepEqual(parseNode(raw).value, {
      name: 'node-a.example.com',
      zone: 'z1',
      weight: undefined,
      isLeaving: false,
      podRanges: [],
      primaryAddresses: [],
      addresses: [],
    });
  });

  const primary = (...addresses: readonly unknown[]) => {
    const { value, problems } = parseNode({ ...rawNode('node-a'), status: { addresses } });
    return {
      addresses: value?.primaryAddresses.map(String),
      complaints: problems.map(formatProblem),
    };
  };

  it('has as primary addresses the first InternalIP and the first of the other family', () => {
    const { addresses, complaints } = primary(
      { type: 'Hostname', address: 'node-a' },
      { type: 'ExternalIP', address: '198.51.100.1' },
      { type: 'InternalIP', address: '192.0.2.10' },
      { type: 'InternalIP', address: '192.0.2.11' },
      { type: 'InternalDNS', address: 'node-a.example.com' },
      { type: 'InternalIP', address: '2001:db8::10' },
      { type: 'ExternalIP', address: '2001:db8:1::10' },
    );
    assert.deepEqual(addresses, ['192.0.2.10', '2001:db8::10']);
    assert.deepEqual(complaints, []);
  });

  it('has the ExternalIP as primary address of a family without an InternalIP', () => {
    const external = { type: 'ExternalIP', address: '2001:db8:1::10' };
    assert.deepEqual(primary(external).addresses, ['2001:db8:1::10']);
    assert.deepEqual(primary(external, { type: 'InternalIP', address: '192.0.2.10' }).addresses, [
      '192.0.2.10',
      '2001:db8:1::10',
    ]);
  });

  it('loses a bad address alone', () => {
    const found = primary(
      { type: 'InternalIP', address: 'node-a' },
      { type: 'InternalIP', address: '192.0.2.10' },
    );
    assert.deepEqual(found.addresses, ['192.0.2.10']);
    assert.deepEqual(found.complaints, [
      'Node node-a: status.addresses[0].address is "node-a"; must be an IP address, for the type is InternalIP',
    ]);
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

  it('is reduced to its name and addresses where it is another one', () => {
    const addresses = [
      { type: 'ExternalIP', address: '198.51.100.1' },
      { type: 'InternalIP', address: '192.0.2.10' },
      { type: 'InternalIP', address: 'not an address' },
      { type: 'Hostname', address: 'node-b' },
      { type: 'InternalIP', address: '2001:db8:0::10' },
      { type: 'ExternalIP', address: '192.0.2.10' },
    ];
    assert.deepEqual(parseNamedNode({ ...rawNode('node-b'), status: { addresses } }), {
      name: 'node-b',
      addresses: ['192.0.2.10', '2001:db8::10', '198.51.100.1'],
    });
    assert.equal(parseNamedNode({ metadata: { name: 'Not A Name' } }), undefined);
  });
});

describe('the weight of a Node', () => {
  const name = 'kube-ipvs.io/weight';
  const raw = (annotation: string | undefined, label: string | undefined) => ({
    ...rawNode('node-b'),
    metadata: {
      name: 'node-b',
      annotations: annotation === undefined ? {} : { [name]: annotation },
      labels: label === undefined ? {} : { [name]: label },
    },
  });

  for (const [annotation, label, weight] of [
    ['20', undefined, 20],
    [undefined, '0', 0],
    ['65535', '7', 65_535],
    ['65536', '7', 7],
    [undefined, undefined, undefined],
    ['-1', '1.5', undefined],
    ['', ' 1', undefined],
  ] as const) {
    it(`is ${weight} with the annotation ${annotation} and the label ${label}`, () => {
      assert.deepEqual(parseNodeWeight(raw(annotation, label)), { name: 'node-b', weight });
      assert.equal(parseNode(raw(annotation, label)).value?.weight, weight);
    });
  }

  it('is a problem of the Node itself where it is none', () => {
    assert.deepEqual(parseNode(raw('heavy', undefined)).problems.map(formatProblem), [
      'Node node-b: metadata.annotations[kube-ipvs.io/weight] is "heavy"; must be a whole number from 0 to 65535',
    ]);
  });
});
