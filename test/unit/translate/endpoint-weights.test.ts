import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Service } from '../../../src/cluster/objects.ts';
import type { NodeFacts } from '../../../src/translate/node-facts.ts';
import type { TranslationSettings } from '../../../src/translate/translate-service.ts';
import { endpoint, ip, service, slice } from '../../support/cluster-objects.ts';
import { place } from '../../support/place.ts';
import { translate } from '../../support/translation.ts';
import { TranslatorWorld } from '../../support/translator-world.ts';

type Slices = NonNullable<Parameters<typeof translate>[1]>;

function weightsOf(
  slices: Slices,
  settings: Partial<TranslationSettings>,
  at: Partial<NodeFacts> = {},
  of: Service = service(),
): Record<string, number> {
  const [row] = translate(of, slices, place(at), { scheduler: 'wrr', ...settings }).virtualServers;
  const { realServers = new Map<string, never>() } = row?.virtualServer ?? {};
  return Object.fromEntries(
    Array.from(realServers.values(), ({ address, weight }) => [address.text, weight]),
  );
}

const near = { 'same-node': 10, 'same-zone': 5, other: 1 };
const pods = [
  endpoint('10.244.1.1', { nodeName: 'node-a' }),
  endpoint('10.244.1.2', { nodeName: 'node-b', zone: 'z1' }),
  endpoint('10.244.1.3', { nodeName: 'node-c', zone: 'z2' }),
];

describe('the weight of an endpoint', () => {
  it('is 1 where no rule names another', () => {
    assert.deepEqual(Object.values(weightsOf([slice(pods)], {})), [1, 1, 1]);
  });

  it('is by where it is, seen from this node', () => {
    assert.deepEqual(
      Object.values(weightsOf([slice(pods)], { localityWeights: near })),
      [10, 5, 1],
    );
  });

  it('is never that of the zone where the zone of the node is not known', () => {
    const found = weightsOf([slice(pods)], { localityWeights: near }, { zone: undefined });
    assert.deepEqual(Object.values(found), [10, 1, 1]);
  });

  it('is that of the slice before that of the Node before that of the locality', () => {
    const canary = slice([pods[1] ?? endpoint('10.244.1.2')], { name: 'zz', weight: 3 });
    const nodeWeight = (name: string) => (name === 'node-c' ? undefined : 20);
    const settings = { localityWeights: near, nodeWeights: true };
    assert.deepEqual(weightsOf([slice(pods), canary], settings, { nodeWeight }), {
      '10.244.1.1': 20,
      '10.244.1.2': 3,
      '10.244.1.3': 1,
    });
  });

  it('of 0 keeps it out while there is something else', () => {
    const settings = { localityWeights: { 'same-node': 4, 'same-zone': 0, other: 0 } };
    assert.deepEqual(weightsOf([slice(pods)], settings), { '10.244.1.1': 4 });
    assert.deepEqual(weightsOf([slice(pods.slice(1))], settings), {
      '10.244.1.2': 1,
      '10.244.1.3': 1,
    });
  });

  it('is weighed among the endpoints on this node where the policy is Local', () => {
    const settings = { localityWeights: { 'same-node': 0, 'same-zone': 5, other: 5 } };
    const local = service({ internalTrafficPolicy: 'Local' });
    assert.deepEqual(weightsOf([slice(pods)], settings, {}, local), { '10.244.1.1': 1 });
  });

  it('has tenths for a slow start, in the same shares, where that is possible', () => {
    const settings = { localityWeights: near, slowStartMs: 1000 };
    assert.deepEqual(Object.values(weightsOf([slice(pods)], settings)), [100, 50, 10]);
    const great = { ...settings, localityWeights: { ...near, other: 6554 } };
    assert.deepEqual(Object.values(weightsOf([slice(pods)], great)), [10, 5, 6554]);
  });

  it('never leaves a Service without endpoints, and follows the rules, whatever they say', () => {
    const weight = fc.constantFrom(undefined, 0, 1, 65_535);
    const someWeight = fc.constantFrom(0, 1, 7);
    fc.assert(
      fc.property(
        fc.tuple(weight, weight),
        fc.record({ 'same-node': someWeight, 'same-zone': someWeight, other: someWeight }),
        fc.array(weight, { minLength: 3, maxLength: 3 }),
        fc.subarray(pods, { minLength: 1 }),
        (ofSlices, localityWeights, ofNodes, present) => {
          const [first, second] = ofSlices;
          const slices = [
            slice(present, { name: 'a', weight: first }),
            slice(present.slice(1), { name: 'b', weight: second }),
          ];
          const nodeWeight = (name: string) => ofNodes['abc'.indexOf(name.slice(-1))];
          const found = weightsOf(slices, { localityWeights, nodeWeights: true }, { nodeWeight });
          const expected = present.map(({ address, nodeName = '', zone }, index) => {
            const byLocality =
              localityWeights[
                nodeName === 'node-a' ? 'same-node' : zone === 'z1' ? 'same-zone' : 'other'
              ];
            const bySecond = index > 0 ? second : undefined;
            return [address.text, first ?? bySecond ?? nodeWeight(nodeName) ?? byLocality] as const;
          });
          const used = expected.filter(([, own]) => own > 0);
          assert.deepEqual(
            found,
            Object.fromEntries(used.length > 0 ? used : expected.map(([address]) => [address, 1])),
          );
        },
      ),
    );
  });
});

describe('weights of slices', () => {
  it('are a problem of the Service whose scheduler heeds none, and one alone', () => {
    const slices = [slice(pods, { weight: 5 }), slice(pods, { name: 'web-2', weight: 6 })];
    const { problems } = translate(service(), slices, place(), { scheduler: 'rr' });
    assert.deepEqual(
      problems.map(({ reason, field }) => [reason, field]),
      [['SliceWeightsIgnored', 'EndpointSlice web-1 metadata.annotations[kube-ipvs.io/weight]']],
    );
  });
});

describe('weights of Nodes', () => {
  it('weigh anew the Services that ask for them, and no others', () => {
    const world = new TranslatorWorld();
    const asking = new Map([
      ['kube-ipvs.io/weights', 'node'],
      ['kube-ipvs.io/scheduler', 'wrr'],
    ]);
    world.store.setService(service({ annotations: asking }));
    world.store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
    world.store.setSlice(slice(pods));
    world.translate();
    world.store.nodeWeights.set({ name: 'node-c', weight: 9 });
    assert.deepEqual(world.translate(), ['default/web']);
    const row = world.tables.virtualServers.rows.get('TCP 10.96.0.1:80');
    const servers = [...(row?.virtualServer.realServers.values() ?? [])];
    assert.deepEqual(
      servers.map(({ weight }) => weight),
      [1, 1, 9],
    );
  });
});
