import assert from 'node:assert/strict';
import { service } from '../../../support/cluster-objects.ts';
import { InspectWorld } from '../../../support/inspect-world.ts';
import { translatorOptions } from '../../../support/translator-world.ts';

function annotated(annotations: Readonly<Record<string, string>>): InspectWorld {
  const world = new InspectWorld();
  world.store.setService(service({ annotations: new Map(Object.entries(annotations)) }));
  world.translate();
  return world;
}

describe('the view of a Service says of its scheduler where it comes from', () => {
  it('the configuration, without an annotation', () => {
    assert.deepEqual(annotated({}).view().scheduler, {
      name: 'rr',
      flags: [],
      origin: { kind: 'configuration' },
    });
  });

  it('the annotation that it has, with its flags', () => {
    const world = annotated({
      'kube-router.io/service.scheduler': 'mh',
      'kube-ipvs.io/scheduler-flags': 'mh-port',
    });
    assert.deepEqual(world.view().scheduler, {
      name: 'mh',
      flags: ['mh-port'],
      origin: { kind: 'annotation', annotation: 'kube-router.io/service.scheduler' },
    });
  });

  it('a fallback, where the annotation names none', () => {
    const { scheduler, problems } = annotated({ 'kube-ipvs.io/scheduler': 'best' }).view();
    assert.deepEqual(scheduler, {
      name: 'rr',
      flags: [],
      origin: {
        kind: 'fallback',
        wanted: 'best',
        annotation: 'kube-ipvs.io/scheduler',
        why: 'IPVS has no scheduler of that name',
      },
    });
    assert.deepEqual(
      problems.map(({ reason, advice }) => [reason, advice]),
      [['UnknownScheduler', 'correct the annotation']],
    );
  });

  it('a fallback, where the kernel lacks the annotated one', () => {
    const world = annotated({ 'kube-ipvs.io/scheduler': 'mh' });
    world.translator.schedulerIsMissing('mh');
    world.translate();
    const { origin } = world.view().scheduler;
    assert.deepEqual(origin, {
      kind: 'fallback',
      wanted: 'mh',
      annotation: 'kube-ipvs.io/scheduler',
      why: 'the kernel of this node has no such scheduler and cannot load its module',
    });
  });

  it('a fallback, where the kernel lacks the configured one', () => {
    const world = new InspectWorld({
      translation: { ...translatorOptions.translation, scheduler: 'mh' },
    });
    world.store.setService(service());
    world.translator.schedulerIsMissing('mh');
    world.translate();
    const { name, origin } = world.view().scheduler;
    assert.deepEqual(
      [name, origin.kind, 'wanted' in origin && origin.wanted],
      ['rr', 'fallback', 'mh'],
    );
  });
});
