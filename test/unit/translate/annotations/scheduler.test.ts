import assert from 'node:assert/strict';
import {
  fallbackScheduler,
  isScheduler,
  schedulers,
  type Scheduler,
} from '../../../../src/kernel/ipvs/schedulers.ts';
import { chosenBy, type Chosen } from '../../../support/choices.ts';

const ours = 'kube-ipvs.io/scheduler';
const ofKubeRouter = 'kube-router.io/service.scheduler';

function choose(
  annotations: Readonly<Record<string, string>>,
  { configured = 'lc', missing = [] }: { configured?: Scheduler; missing?: Scheduler[] } = {},
): Chosen {
  return chosenBy(annotations, { scheduler: configured }, missing);
}

/** Without problems. */
function assertRunsWith(chosen: Chosen, scheduler: Scheduler): void {
  assert.equal(chosen.scheduler, scheduler);
  assert.deepEqual(chosen.schedulerFlags, { names: [] });
  assert.deepEqual(chosen.problems, []);
}

describe('the scheduler of a Service', () => {
  it('is the configured one without an annotation', () => {
    assertRunsWith(choose({}), 'lc');
  });

  it('may be any of the 14 that Linux has', () => {
    const ofLinux = 'rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos'.split(' ');
    assert.deepEqual([...schedulers].toSorted(), ofLinux.toSorted());
  });

  for (const scheduler of schedulers) {
    it(`is ${scheduler} where an annotation says so, ours or kube-router's`, () => {
      for (const annotation of [ours, ofKubeRouter]) {
        assertRunsWith(choose({ [annotation]: scheduler }), scheduler);
      }
    });
  }

  it("is that of our annotation where kube-router's is there as well", () => {
    const choice = choose({ [ofKubeRouter]: 'sh', [ours]: 'wrr' });
    assert.equal(choice.scheduler, 'wrr');
    assert.deepEqual(choice.problems, []);
  });

  it("does not fall back on kube-router's annotation where ours is wrong", () => {
    const { scheduler, problems } = choose({ [ofKubeRouter]: 'sh', [ours]: 'best' });
    assert.equal(scheduler, 'lc');
    assert.deepEqual(
      problems.map(({ value }) => value),
      ['best'],
    );
  });

  for (const value of ['', 'RR', ' rr', 'least-connections', 'constructor', 'rr,wrr']) {
    for (const annotation of [ours, ofKubeRouter]) {
      it(`is the configured one, and a problem says so, where ${annotation} is '${value}'`, () => {
        const { scheduler, schedulerFlags, problems } = choose({ [annotation]: value });
        assert.equal(scheduler, 'lc');
        assert.deepEqual(schedulerFlags, { names: [] });
        assert.equal(problems.length, 1);
        const [problem] = problems;
        assert.ok(problem);
        assert.equal(problem.reason, 'UnknownScheduler');
        assert.deepEqual(problem.service, { namespace: 'default', name: 'web', uid: 'b4a7' });
        assert.equal(problem.object, 'Service default/web');
        assert.equal(problem.field, `metadata.annotations[${annotation}]`);
        assert.equal(problem.value, value);
        for (const allowed of schedulers) {
          assert.match(problem.allowed, new RegExp(`\\b${allowed}\\b`));
        }
        assert.match(problem.allowed, /runs with lc/);
      });
    }
  }

  it('does not depend on other annotations', () => {
    assert.equal(choose({ 'kube-router.io/service.local': 'wrr' }).scheduler, 'lc');
  });

  it('falls back on rr, as with kube-proxy', () => {
    assert.equal(fallbackScheduler, 'rr');
    assert.ok(isScheduler(fallbackScheduler));
  });
});

describe('a scheduler that the kernel lacks', () => {
  it('is a problem of the Service that chose it, which runs with the configured one', () => {
    const { scheduler, problems } = choose({ [ours]: 'mh' }, { missing: ['mh'] });
    assert.equal(scheduler, 'lc');
    const [problem, ...others] = problems;
    assert.deepEqual(others, []);
    assert.equal(problem?.reason, 'SchedulerMissing');
    assert.equal(problem.value, 'mh');
    assert.match(problem.allowed, /module ip_vs_mh\b.*runs with lc/);
  });

  it('is no problem of the others', () => {
    assert.deepEqual(choose({ [ours]: 'sh' }, { missing: ['mh'] }).problems, []);
    assert.deepEqual(choose({}, { missing: ['mh'] }).problems, []);
  });

  it('is replaced by rr where it is the configured one', () => {
    const missing: Scheduler[] = ['lc'];
    assert.equal(choose({}, { missing }).scheduler, 'rr');
    const wrong = choose({ [ours]: 'best' }, { missing });
    assert.equal(wrong.scheduler, 'rr');
    assert.match(wrong.problems[0]?.allowed ?? '', /runs with rr/);
    assert.equal(choose({ [ours]: 'lc' }, { missing }).scheduler, 'rr');
  });
});

describe('mh as the configured scheduler', () => {
  it('hashes the port as well, as with kube-proxy', () => {
    assert.deepEqual(choose({}, { configured: 'mh' }).schedulerFlags, { names: ['mh-port'] });
  });

  it('does so too where the annotation is wrong', () => {
    assert.deepEqual(choose({ [ours]: 'best' }, { configured: 'mh' }).schedulerFlags, {
      names: ['mh-port'],
    });
  });

  it('has the flags of the annotation where a Service gives it some, and none for an empty one', () => {
    const flags = (value: string) =>
      choose({ 'kube-ipvs.io/scheduler-flags': value }, { configured: 'mh' }).schedulerFlags.names;
    assert.deepEqual(flags('mh-fallback'), ['mh-fallback']);
    assert.deepEqual(flags(''), []);
  });

  it('has no flags where a Service chooses it by name and gives it none', () => {
    assert.deepEqual(choose({ [ours]: 'mh' }, { configured: 'mh' }).schedulerFlags, { names: [] });
  });

  it('leaves no flag behind where the kernel lacks it', () => {
    assertRunsWith(choose({}, { configured: 'mh', missing: ['mh'] }), 'rr');
  });

  for (const configured of schedulers.filter((scheduler) => scheduler !== 'mh')) {
    it(`is alone with that: ${configured} has no flags`, () => {
      assert.deepEqual(choose({}, { configured }).schedulerFlags, { names: [] });
    });
  }
});
