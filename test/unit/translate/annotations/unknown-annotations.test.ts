import assert from 'node:assert/strict';
import { formatProblem } from '../../../../src/base/problem.ts';
import { chosenBy } from '../../../support/choices.ts';
import { endpoint, service, slice } from '../../../support/cluster-objects.ts';
import { TranslatorWorld } from '../../../support/translator-world.ts';

function problemsOf(annotations: Readonly<Record<string, string>>): readonly string[] {
  return chosenBy(annotations).problems.map(formatProblem);
}

describe('an annotation of ours that does not exist', () => {
  for (const [name, suggestion] of [
    ['schedular', 'did you mean kube-ipvs.io/scheduler?'],
    ['Scheduler', 'did you mean kube-ipvs.io/scheduler?'],
    ['scheduler-flag', 'did you mean kube-ipvs.io/scheduler-flags?'],
    ['draintimeout', 'did you mean kube-ipvs.io/drain-timeout?'],
  ] as const) {
    it(`is a problem of its Service that names the one that was meant: ${name}`, () => {
      assert.deepEqual(problemsOf({ [`kube-ipvs.io/${name}`]: 'lc' }), [
        `Service default/web: metadata.annotations[kube-ipvs.io/${name}] is "lc"; it has no effect: there is no such annotation; ${suggestion}`,
      ]);
    });
  }

  for (const name of ['team', '', '__proto__']) {
    it(`names those that exist where none is near: '${name}'`, () => {
      const [problem, ...others] = problemsOf({ [`kube-ipvs.io/${name}`]: 'x' });
      assert.deepEqual(others, []);
      assert.match(problem ?? '', /allowed are kube-ipvs\.io\/scheduler, kube-ipvs\.io\//);
    });
  }

  it('has a reason of its own, for the Event', () => {
    const { problems } = chosenBy({ 'kube-ipvs.io/schedular': 'lc' });
    assert.deepEqual(
      problems.map(({ reason, service }) => [reason, service.uid]),
      [['UnknownAnnotation', 'b4a7']],
    );
  });

  it('is reported once, however often the Service is translated, and again when it comes back', () => {
    const world = new TranslatorWorld();
    const misspelt = service({ annotations: new Map([['kube-ipvs.io/schedular', 'lc']]) });
    world.store.setService(misspelt);
    world.translate();
    world.store.setSlice(slice([endpoint('10.244.1.1')]));
    world.translate();
    assert.equal(world.problems.length, 1);
    assert.match(world.problems[0] ?? '', /^UnknownAnnotation Service default\/web: /);
    world.store.setService(service());
    world.translate();
    world.store.setService(misspelt);
    world.translate();
    assert.equal(world.problems.length, 2);
  });

  it('leaves the others in effect', () => {
    const annotations = { 'kube-ipvs.io/schedular': 'lc', 'kube-ipvs.io/scheduler': 'wlc' };
    const { scheduler, problems } = chosenBy(annotations);
    assert.equal(scheduler, 'wlc');
    assert.equal(problems.length, 1);
  });

  it('is not reported for more than five of a Service', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `kube-ipvs.io/x${index}`);
    assert.equal(problemsOf(Object.fromEntries(names.map((name) => [name, '']))).length, 5);
  });
});

describe('an annotation of kube-router that is not read here', () => {
  it('is no problem: it may mean something to kube-router', () => {
    assert.deepEqual(problemsOf({ 'kube-router.io/service.hairpin': 'true' }), []);
  });
});
