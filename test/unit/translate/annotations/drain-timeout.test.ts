import assert from 'node:assert/strict';
import { chosenBy, type Chosen } from '../../../support/choices.ts';

const annotation = 'kube-ipvs.io/drain-timeout';

function limit(value: string | undefined, drainTimeoutMs: number | undefined): Chosen {
  return chosenBy(value === undefined ? {} : { [annotation]: value }, { drainTimeoutMs });
}

describe('the limit of draining', () => {
  it('is the configured one without the annotation, or none', () => {
    for (const byDefault of [undefined, 0, 90_000]) {
      const { drainTimeoutMs, problems } = limit(undefined, byDefault);
      assert.equal(drainTimeoutMs, byDefault);
      assert.deepEqual(problems, []);
    }
  });

  for (const [value, drainTimeoutMs] of [
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['0s', 0],
    ['0', 0],
    ['250ms', 250],
  ] as const) {
    it(`is ${drainTimeoutMs} ms where the annotation is ${value}`, () => {
      const chosen = limit(value, 90_000);
      assert.equal(chosen.drainTimeoutMs, drainTimeoutMs);
      assert.deepEqual(chosen.problems, []);
    });
  }

  for (const value of ['', '5', '-5s', '5 s', 'forever', 's', '1.5.1s']) {
    it(`is the configured one, and a problem says so, where the annotation is '${value}'`, () => {
      for (const [byDefault, runsWith] of [
        [90_000, 'a limit of 90s'],
        [undefined, 'no limit'],
      ] as const) {
        const { drainTimeoutMs, problems } = limit(value, byDefault);
        assert.equal(drainTimeoutMs, byDefault);
        const [problem, ...others] = problems;
        assert.deepEqual(others, []);
        assert.equal(problem?.reason, 'InvalidDrainTimeout');
        assert.equal(problem.field, `metadata.annotations[${annotation}]`);
        assert.equal(problem.value, value);
        assert.ok(problem.allowed.endsWith(`the Service drains with ${runsWith}`));
      }
    });
  }
});
