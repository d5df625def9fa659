import assert from 'node:assert/strict';
import { weighingSchedulers } from '../../../../src/kernel/ipvs/schedulers.ts';
import { chosenBy, type Chosen } from '../../../support/choices.ts';
import { service, servicePort } from '../../../support/cluster-objects.ts';
import { place } from '../../../support/place.ts';
import { translate } from '../../../support/translation.ts';

function by(annotations: Readonly<Record<string, string>>, defaults = {}): Chosen {
  const prefixed = Object.entries(annotations).map(
    ([name, value]) => [`kube-ipvs.io/${name}`, value] as const,
  );
  return chosenBy(Object.fromEntries(prefixed), defaults);
}

function reasonsOf({ problems }: Chosen): readonly string[] {
  return problems.map(({ reason }) => reason);
}

describe('weights by locality', () => {
  for (const [text, node, zone, other] of [
    ['same-node=10,same-zone=5,other=1', 10, 5, 1],
    ['same-node=10', 10, 1, 1],
    ['same-zone=5', 5, 5, 1],
    ['other=3', 3, 3, 3],
    ['other=0, same-node=65535', 65_535, 0, 0],
  ] as const) {
    it(`are ${node}, ${zone} and ${other} for ${text}`, () => {
      const { localityWeights, problems } = by({ scheduler: 'wrr', 'locality-weights': text });
      assert.deepEqual(localityWeights, { 'same-node': node, 'same-zone': zone, other });
      assert.deepEqual(problems, []);
    });
  }

  for (const text of [
    '',
    'near=1',
    'other',
    'other=',
    'other=1=2',
    'other=65536',
    'other=-1',
    'other=1,other=2',
  ]) {
    it(`cannot be read from "${text}"`, () => {
      const chosen = by({ scheduler: 'wrr', 'locality-weights': text });
      assert.equal(chosen.localityWeights, undefined);
      assert.deepEqual(reasonsOf(chosen), ['InvalidLocalityWeights']);
    });
  }

  it('are none where the Service says so, whatever the default', () => {
    const localityWeights = { 'same-node': 2, 'same-zone': 1, other: 1 };
    assert.equal(
      by({ 'locality-weights': 'none' }, { localityWeights }).localityWeights,
      undefined,
    );
  });

  for (const scheduler of ['rr', 'lc', 'dh']) {
    it(`have no effect with ${scheduler}, which is told with those that heed them`, () => {
      const chosen = by({ scheduler, 'locality-weights': 'other=2', weights: 'node' });
      assert.deepEqual(reasonsOf(chosen), ['LocalityWeightsIgnored', 'NodeWeightsIgnored']);
      for (const { allowed } of chosen.problems) {
        assert.equal(
          allowed,
          `it has no effect: the scheduler ${scheduler} heeds no weights; ${weighingSchedulers.join(', ')} do`,
        );
      }
    });
  }
});

describe('the limit of connections', () => {
  for (const [text, limits] of [
    ['200', { upper: 200, lower: 0 }],
    ['200/150', { upper: 200, lower: 150 }],
    ['1/1', { upper: 1, lower: 1 }],
    ['2147483647', { upper: 2_147_483_647, lower: 0 }],
    ['0', undefined],
  ] as const) {
    it(`is ${JSON.stringify(limits)} for ${text}`, () => {
      const chosen = by({ 'max-connections': text }, { connectionLimits: { upper: 7, lower: 0 } });
      assert.deepEqual(chosen.connectionLimits, limits);
      assert.deepEqual(chosen.problems, []);
    });
  }

  for (const text of ['', 'many', '150/200', '200/0', '0/0', '2147483648', '1.5', '-1', '200/']) {
    it(`is the default where it is "${text}"`, () => {
      const chosen = by({ 'max-connections': text }, { connectionLimits: { upper: 7, lower: 0 } });
      assert.deepEqual(chosen.connectionLimits, { upper: 7, lower: 0 });
      assert.deepEqual(reasonsOf(chosen), ['InvalidMaxConnections']);
    });
  }
});

describe('one packet at a time', () => {
  const ports = [servicePort(), servicePort({ name: 'dns', protocol: 'UDP', port: 53 })];
  const annotations = new Map([['kube-ipvs.io/one-packet', 'true']]);

  it('concerns the UDP ports of a Service alone', () => {
    const { virtualServers } = translate(service({ ports, annotations }));
    assert.deepEqual(
      virtualServers.map(({ virtualServer: { id, settings } }) => [
        id.kind === 'address' ? id.protocol : id.kind,
        settings.onePacket,
      ]),
      [
        ['TCP', false],
        ['UDP', true],
      ],
    );
  });

  for (const settings of [{}, { onePacket: true }]) {
    it(`is refused with session affinity, with ${JSON.stringify(settings)}`, () => {
      const sessionAffinity = { kind: 'ClientIP', timeoutSeconds: 600 } as const;
      const of = service({ ports, annotations, sessionAffinity });
      const { virtualServers, problems } = translate(of, undefined, place(), settings);
      assert.ok(virtualServers.every(({ virtualServer }) => !virtualServer.settings.onePacket));
      assert.deepEqual(
        problems.map(({ reason }) => reason),
        ['OnePacketRefused'],
      );
    });
  }
});

describe('a slow start', () => {
  it('is in milliseconds, and none for 0s', () => {
    assert.equal(by({ scheduler: 'wrr', 'slow-start': '30s' }).slowStartMs, 30_000);
    assert.equal(
      by({ scheduler: 'wrr', 'slow-start': '0s' }, { slowStartMs: 5 }).slowStartMs,
      undefined,
    );
  });

  for (const scheduler of ['rr', 'lc', 'dh', 'sh', 'fo', 'ovf']) {
    it(`has no effect with ${scheduler}, and is told where the Service asks for it`, () => {
      const chosen = by({ scheduler, 'slow-start': '30s' });
      assert.equal(chosen.slowStartMs, undefined);
      assert.deepEqual(reasonsOf(chosen), ['SlowStartIgnored']);
      const byDefault = by({ scheduler }, { slowStartMs: 5 });
      assert.equal(byDefault.slowStartMs, undefined);
      assert.deepEqual(byDefault.problems, []);
    });
  }
});
