import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import type { Outliers } from '../../../src/outliers/outliers.ts';
import type { Translation } from '../../../src/translate/desired.ts';
import { endpoint, service, slice } from '../../support/cluster-objects.ts';
import { place } from '../../support/place.ts';
import { translate } from '../../support/translation.ts';

const [a, b, c] = ['10.244.1.1:8080', '10.244.1.2:8080', '10.244.1.3:8080'] as const;
const pods = [slice(['10.244.1.1', '10.244.1.2', '10.244.1.3'].map((at) => endpoint(at)))];

function asking(value = 'true', more: Readonly<Record<string, string>> = {}): Service {
  const annotations = { 'kube-ipvs.io/outlier-ejection': value, ...more };
  return service({ annotations: new Map(Object.entries(annotations)) });
}

function outliers(fields: Partial<Outliers>): Outliers {
  return { ejected: new Map(), failing: new Map(), ...fields };
}

function translated(of: Service, fails: Partial<Outliers>): Translation {
  return translate(of, pods, place({ outliersOf: () => outliers(fails) }));
}

function weightsOf({ virtualServers }: Translation): Record<string, number> {
  const [first] = virtualServers;
  const realServers = first?.virtualServer.realServers ?? new Map<string, never>();
  return Object.fromEntries(Array.from(realServers, ([key, { weight }]) => [key, weight]));
}

const ejected = (...keys: readonly string[]): Partial<Outliers> => ({
  ejected: new Map(keys.map((key) => [key, 'keeps its connections'])),
  failing: new Map(keys.map((key) => [key, 'no answer'])),
});

describe('a Service that ejects real servers', () => {
  it('gives an ejected one weight 0, and the others theirs', () => {
    assert.deepEqual(weightsOf(translated(asking(), ejected(a))), { [a]: 0, [b]: 1, [c]: 1 });
  });

  it('says which real servers it has all the same, for them to be watched', () => {
    const { virtualServers } = translated(asking(), ejected(a));
    assert.deepEqual([...(virtualServers[0]?.ejection?.candidates.keys() ?? [])], [a, b, c]);
  });

  it('leaves at least half of them in use, whatever is ejected elsewhere', () => {
    assert.deepEqual(weightsOf(translated(asking(), ejected(b, a, c))), { [a]: 1, [b]: 0, [c]: 1 });
  });

  it('leaves out one whose connections are to be reset', () => {
    const translation = translated(asking(), {
      ejected: new Map([[a, 'connections are reset']]),
      failing: new Map([[a, 'no answer']]),
    });
    assert.deepEqual(weightsOf(translation), { [b]: 1, [c]: 1 });
    assert.deepEqual([...(translation.virtualServers[0]?.resets ?? [])], [a]);
  });

  it('has a problem while some fail, ejected or on trial, with the same words', () => {
    const problems = (fails: Partial<Outliers>) =>
      translated(asking(), fails).problems.map(({ reason, value }) => [reason, value]);
    const expected = [['RealServerEjected', a]];
    assert.deepEqual(problems(ejected(a)), expected);
    assert.deepEqual(problems({ failing: new Map([[a, 'no answer']]) }), expected);
    assert.deepEqual(problems({}), []);
  });

  it('watches no port of UDP', () => {
    const udp = {
      ...asking(),
      ports: asking().ports.map((port) => ({ ...port, protocol: 'UDP' as const })),
    };
    assert.equal(translated(udp, {}).virtualServers[0]?.ejection, undefined);
  });

  it('does where its annotation says udp', () => {
    const all = asking('true,udp');
    const udp = { ...all, ports: all.ports.map((port) => ({ ...port, protocol: 'UDP' as const })) };
    assert.notEqual(translated(udp, {}).virtualServers[0]?.ejection, undefined);
  });

  it('is one that the configuration names, unless its annotation says false', () => {
    const watched = (of: Service): boolean =>
      translate(of, pods, place(), { outlierEjection: true }).virtualServers.some(
        ({ ejection }) => ejection !== undefined,
      );
    assert.equal(watched(service({})), true);
    assert.equal(watched(asking('false')), false);
  });

  it('goes by the configuration where its annotation makes no sense', () => {
    const { problems, virtualServers } = translated(asking('yes'), {});
    assert.deepEqual(
      problems.map(({ reason }) => reason),
      ['InvalidOutlierEjection'],
    );
    assert.equal(virtualServers[0]?.ejection, undefined);
  });

  it('resets no connection where the duration makes no sense', () => {
    const { problems, virtualServers } = translated(
      asking('true', { 'kube-ipvs.io/reset-after': 'soon' }),
      {},
    );
    assert.deepEqual(
      problems.map(({ reason }) => reason),
      ['InvalidResetAfter'],
    );
    assert.equal(virtualServers[0]?.ejection?.resetAfterMs, undefined);
  });
});
