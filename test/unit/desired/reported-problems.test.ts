import assert from 'node:assert/strict';
import { ReportedProblems } from '../../../src/desired/reported-problems.ts';
import { serviceProblem, type ServiceProblem } from '../../../src/translate/service-problem.ts';
import { service } from '../../support/cluster-objects.ts';

function problem(value: string, name = 'web'): ServiceProblem {
  return serviceProblem(service({ name }), 'UnknownScheduler', {
    field: 'scheduler',
    value,
    allowed: 'rr',
  });
}

function recorder(): { problems: ReportedProblems; take: () => unknown[] } {
  const told: unknown[] = [];
  const problems = new ReportedProblems(({ value }) => told.push(value));
  return { problems, take: () => told.splice(0) };
}

describe('a problem', () => {
  it('is told when it appears, and not again while it lasts', () => {
    const { problems, take } = recorder();
    problems.set('web', [problem('x')]);
    assert.deepEqual(take(), ['x']);
    problems.set('web', [problem('x')]);
    problems.set('web', [problem('x')]);
    assert.deepEqual(take(), []);
  });

  it('is told again when it comes back', () => {
    const { problems, take } = recorder();
    problems.set('web', [problem('x')]);
    problems.set('web', []);
    problems.set('web', [problem('x')]);
    assert.deepEqual(take(), ['x', 'x']);
  });

  it('is told where others were told before, and only that one', () => {
    const { problems, take } = recorder();
    problems.set('web', [problem('x')]);
    take();
    problems.set('web', [problem('x'), problem('y')]);
    assert.deepEqual(take(), ['y']);
    problems.set('web', [problem('y')]);
    assert.deepEqual(take(), []);
  });

  it('is told for each subject by itself', () => {
    const { problems, take } = recorder();
    problems.set('web', [problem('x')]);
    problems.set('virtual server', [problem('x')]);
    problems.set('web', []);
    problems.set('virtual server', [problem('x')]);
    assert.deepEqual(take(), ['x', 'x']);
  });

  it('counts once for its Service while it lasts', () => {
    const { problems } = recorder();
    problems.set('web', [problem('x'), problem('y')]);
    problems.set('dns', [problem('x', 'dns')]);
    assert.deepEqual([...problems.servicesByReason()], [['UnknownScheduler', 2]]);
    problems.set('web', [problem('y')]);
    problems.set('dns', []);
    assert.deepEqual([...problems.servicesByReason()], [['UnknownScheduler', 1]]);
    problems.set('web', []);
    assert.deepEqual([...problems.servicesByReason()], []);
  });

  it('of another Service under the same subject is another problem', () => {
    const { problems, take } = recorder();
    problems.set('key', [problem('x', 'one')]);
    problems.set('key', [problem('x', 'one'), problem('x', 'two')]);
    assert.deepEqual(take(), ['x', 'x']);
  });
});
