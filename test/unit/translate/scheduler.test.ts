import assert from 'node:assert/strict';
import {
  chooseScheduler,
  fallbackScheduler,
  isScheduler,
  schedulers,
} from '../../../src/translate/scheduler.ts';

const annotation = 'kube-ipvs.io/scheduler';
const object = 'Service default/web';

function choose(value: string) {
  return chooseScheduler(new Map([[annotation, value]]), 'lc', object);
}

describe('the scheduler of a Service', () => {
  it('is the default without the annotation', () => {
    assert.deepEqual(chooseScheduler(new Map(), 'lc', object), { scheduler: 'lc', problems: [] });
  });

  it('may be any of the 14 that Linux has', () => {
    const ofLinux = 'rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos'.split(' ');
    assert.deepEqual([...schedulers].toSorted(), ofLinux.toSorted());
  });

  for (const scheduler of schedulers) {
    it(`is ${scheduler} where the annotation says so`, () => {
      assert.deepEqual(choose(scheduler), { scheduler, problems: [] });
    });
  }

  for (const value of ['', 'RR', ' rr', 'least-connections', 'constructor', 'rr,wrr']) {
    it(`is the default, and a problem says so, where the annotation is '${value}'`, () => {
      const { scheduler, problems } = choose(value);
      assert.equal(scheduler, 'lc');
      assert.equal(problems.length, 1);
      const [problem] = problems;
      assert.equal(problem?.object, object);
      assert.equal(problem.field, `metadata.annotations[${annotation}]`);
      assert.equal(problem.value, value);
      for (const allowed of schedulers) {
        assert.match(problem.allowed, new RegExp(`\\b${allowed}\\b`));
      }
      assert.match(problem.allowed, /runs with lc/);
    });
  }

  it('does not depend on other annotations', () => {
    const annotations = new Map([['kube-ipvs.io/other', 'wrr']]);
    assert.equal(chooseScheduler(annotations, 'lc', object).scheduler, 'lc');
  });

  it('falls back on rr, as with kube-proxy', () => {
    assert.equal(fallbackScheduler, 'rr');
    assert.ok(isScheduler(fallbackScheduler));
  });
});
