import assert from 'node:assert/strict';
import {
  boundsApply,
  formatOptions,
  messageCount,
  parseOptions,
  UsageError,
  type BenchOptions,
} from '../../../hack/bench/options.ts';

function parsed(...args: string[]): BenchOptions {
  const options = parseOptions(args);
  assert.ok(options !== undefined);
  return options;
}

describe('the options of the benchmark', () => {
  it('are 5,000 Services with 5 real servers and 5 runs by default', () => {
    assert.deepEqual(parsed(), { services: 5000, endpoints: 5, runs: 5, quick: false });
    assert.equal(messageCount(parsed()), 30_000);
  });

  it('are 500 Services and 2 runs with --quick', () => {
    assert.deepEqual(parsed('--quick'), { services: 500, endpoints: 5, runs: 2, quick: true });
  });

  it('take numbers that are given before those of --quick', () => {
    const options = parsed('--quick', '--services', '50', '--endpoints=2', '--runs', '1');
    assert.deepEqual(options, { services: 50, endpoints: 2, runs: 1, quick: true });
  });

  it('survive the way into the test kernel', () => {
    for (const options of [parsed(), parsed('--quick'), parsed('--services=7', '--runs=9')]) {
      assert.deepEqual(parsed(...formatOptions(options)), options);
    }
  });

  for (const help of ['--help', '-h']) {
    it(`are none where ${help} is among them`, () => {
      assert.equal(parseOptions([help]), undefined);
    });
  }

  for (const [option, value] of [
    ['--services', '0'],
    ['--services', '65001'],
    ['--services', '5e3'],
    ['--endpoints', '101'],
    ['--runs', '1.5'],
    ['--runs', ''],
  ] as const) {
    it(`refuse ${option} '${value}' and say what is allowed`, () => {
      assert.throws(
        () => parseOptions([`${option}=${value}`]),
        (error: unknown) =>
          error instanceof UsageError &&
          error.message.includes(`${option} '${value}'`) &&
          error.message.includes('a whole number from 1 to'),
      );
    });
  }

  it('refuse an option that does not exist', () => {
    assert.throws(() => parseOptions(['--fast']), UsageError);
  });

  it('have the bounds applied to tables of the full size or more alone', () => {
    assert.equal(boundsApply(parsed()), true);
    assert.equal(boundsApply(parsed('--services=6000', '--runs=1')), true);
    assert.equal(boundsApply(parsed('--services=4999')), false);
    assert.equal(boundsApply(parsed('--endpoints=4')), false);
    assert.equal(boundsApply(parsed('--quick', '--services=5000')), false);
  });
});
