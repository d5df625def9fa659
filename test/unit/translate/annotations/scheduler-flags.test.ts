import assert from 'node:assert/strict';
import {
  noFlags,
  schedulerFlagBits,
  schedulers,
  type Scheduler,
  type SchedulerFlag,
} from '../../../../src/kernel/ipvs/schedulers.ts';
import { chosenBy, type Chosen } from '../../../support/choices.ts';

const ours = 'kube-ipvs.io/scheduler-flags';
const ofKubeRouter = 'kube-router.io/service.schedflags';

function flags(scheduler: Scheduler, annotations: Readonly<Record<string, string>>): Chosen {
  return chosenBy({ 'kube-ipvs.io/scheduler': scheduler, ...annotations });
}

function namesOf(scheduler: Scheduler, value: string, annotation = ours): readonly SchedulerFlag[] {
  const found = flags(scheduler, { [annotation]: value });
  assert.deepEqual(found.problems, []);
  return found.schedulerFlags.names;
}

describe('scheduler flags', () => {
  it('are none without an annotation', () => {
    assert.equal(flags('sh', {}).schedulerFlags, noFlags);
  });

  it('are none where the annotation is empty', () => {
    assert.deepEqual(namesOf('sh', ''), []);
    assert.deepEqual(namesOf('rr', ' , '), []);
  });

  for (const [scheduler, value, names] of [
    ['sh', 'sh-fallback', ['sh-fallback']],
    ['sh', 'sh-port', ['sh-port']],
    ['mh', 'mh-fallback', ['mh-fallback']],
    ['mh', 'mh-port', ['mh-port']],
    ['sh', 'sh-port, sh-fallback', ['sh-fallback', 'sh-port']],
    ['mh', 'mh-port,mh-port,', ['mh-port']],
  ] as const) {
    it(`of ${scheduler} are ${names.join(' and ')} for '${value}'`, () => {
      assert.deepEqual(namesOf(scheduler, value), names);
    });
  }

  for (const [scheduler, value, names] of [
    ['sh', 'flag-1', ['sh-fallback']],
    ['sh', 'flag-2', ['sh-port']],
    ['mh', 'flag-1,flag-2', ['mh-fallback', 'mh-port']],
    ['mh', 'mh-port', ['mh-port']],
    ['sh', 'flag-2,sh-fallback', ['sh-fallback', 'sh-port']],
  ] as const) {
    it(`of ${scheduler} are ${names.join(' and ')} for '${value}' in kube-router's annotation`, () => {
      assert.deepEqual(namesOf(scheduler, value, ofKubeRouter), names);
    });
  }

  it("are those of our annotation where kube-router's is there as well", () => {
    const found = flags('sh', { [ofKubeRouter]: 'flag-1', [ours]: 'sh-port' });
    assert.deepEqual(found.schedulerFlags, { names: ['sh-port'] });
    assert.deepEqual(found.problems, []);
  });

  for (const [scheduler, annotation, value, left, unknown] of [
    ['sh', ours, 'mh-port', [], 'mh-port'],
    ['mh', ours, 'mh-port,sh-port', ['mh-port'], 'sh-port'],
    ['rr', ours, 'sh-port', [], 'sh-port'],
    ['rr', ofKubeRouter, 'flag-1', [], 'flag-1'],
    ['sh', ours, 'flag-1', [], 'flag-1'],
    ['sh', ofKubeRouter, 'flag-3,flag-1', ['sh-fallback'], 'flag-3'],
    ['sh', ours, 'SH-PORT sh-port', [], 'SH-PORT sh-port'],
    ['mh', ofKubeRouter, 'constructor,__proto__', [], 'constructor, __proto__'],
  ] as const) {
    it(`that ${scheduler} does not have cost themselves alone: '${value}' in ${annotation}`, () => {
      const found = flags(scheduler, { [annotation]: value });
      assert.deepEqual(found.schedulerFlags.names, left);
      const [problem, ...others] = found.problems;
      assert.deepEqual(others, []);
      assert.equal(problem?.reason, 'UnknownSchedulerFlag');
      assert.equal(problem.object, 'Service default/web');
      assert.equal(problem.field, `metadata.annotations[${annotation}]`);
      assert.equal(problem.value, value);
      assert.ok(problem.allowed.startsWith(`${unknown} left out: the scheduler ${scheduler} has `));
    });
  }

  it('are named in the problem for the schedulers that have some', () => {
    const allowed = (scheduler: Scheduler) =>
      flags(scheduler, { [ours]: 'x' }).problems[0]?.allowed;
    for (const scheduler of schedulers) {
      const has =
        scheduler === 'sh' || scheduler === 'mh'
          ? `the flags ${scheduler}-fallback, ${scheduler}-port`
          : 'no flags';
      assert.equal(allowed(scheduler), `x left out: the scheduler ${scheduler} has ${has}`);
    }
  });

  it('are flag-1 and flag-2 of ipvsadm in the kernel', () => {
    const bits = (...names: SchedulerFlag[]) => schedulerFlagBits({ names });
    assert.equal(schedulerFlagBits(noFlags), 0);
    assert.deepEqual([bits('sh-fallback'), bits('mh-fallback')], [1, 1]);
    assert.deepEqual([bits('sh-port'), bits('mh-port')], [2, 2]);
    assert.equal(bits('mh-fallback', 'mh-port'), 3);
  });
});
