import assert from 'node:assert/strict';
import {
  formatRequest,
  messageCount,
  parseRequest,
  partNames,
  strictnessOf,
  UsageError,
  type BenchOptions,
} from '../../../hack/bench/options.ts';

function requested(...args: string[]) {
  const request = parseRequest(args);
  assert.ok(request.kind !== 'help');
  return request;
}

function parsed(...args: string[]): BenchOptions {
  return requested(...args).options;
}

const all = { endpoints: 5, parts: partNames };

describe('the options of the benchmark', () => {
  it('are 5,000 Services with 5 real servers, 5 runs and all parts by default', () => {
    assert.deepEqual(parsed(), { ...all, services: 5000, runs: 5, quick: false, counted: false });
    assert.equal(messageCount(parsed()), 30_000);
  });

  it('are a small table, 2 runs and some parts with --quick', () => {
    const options = parsed('--quick');
    assert.deepEqual(options, { ...options, services: 300, endpoints: 5, runs: 2, quick: true });
    assert.ok(options.parts.includes('first-sync') && !options.parts.includes('memory'));
    assert.deepEqual(parsed('--quick', '--only=memory').parts, ['memory']);
  });

  it('are 1,000 Services and the parts that have bounds with --counted', () => {
    const options = parsed('--counted');
    assert.deepEqual(options, { ...options, services: 1000, endpoints: 5, runs: 3, counted: true });
    assert.ok(options.parts.includes('run-once') && !options.parts.includes('audit'));
  });

  it('are not both quick and counted', () => {
    assert.throws(() => parseRequest(['--quick', '--counted']), UsageError);
  });

  it('take numbers that are given before those of --quick', () => {
    const options = parsed('--quick', '--services', '50', '--endpoints=2', '--runs', '1');
    assert.deepEqual(options, { ...options, services: 50, endpoints: 2, runs: 1, quick: true });
  });

  it('choose parts, in the order of the report', () => {
    assert.deepEqual(parsed('--only', 'burst,first-sync').parts, ['first-sync', 'burst']);
  });

  it('refuse a part that does not exist, and name those that do', () => {
    assert.throws(
      () => parseRequest(['--only=first-sync,frist']),
      (error: unknown) =>
        error instanceof UsageError &&
        error.message.includes("'frist'") &&
        error.message.includes('first-sync'),
    );
  });

  it('survive the way into the test kernel', () => {
    for (const args of [
      [],
      ['--quick'],
      ['--counted'],
      ['--services=7', '--only=audit'],
      ['--profile=/a b'],
    ]) {
      const request = requested(...args);
      assert.deepEqual(parseRequest(formatRequest(request)), request);
    }
  });

  it('ask for a profile with its folder', () => {
    const request = requested('--profile', 'out');
    assert.ok(request.kind === 'profile' && request.folder === 'out');
  });

  for (const help of ['--help', '-h']) {
    it(`are none where ${help} is among them`, () => {
      assert.equal(parseRequest([help]).kind, 'help');
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
        () => parseRequest([`${option}=${value}`]),
        (error: unknown) =>
          error instanceof UsageError &&
          error.message.includes(`${option} '${value}'`) &&
          error.message.includes('a whole number from 1 to'),
      );
    });
  }

  it('refuse an option that does not exist', () => {
    assert.throws(() => parseRequest(['--fast']), UsageError);
  });

  it('refuse to count rules by a clock, and say how it is done', () => {
    assert.throws(
      () => parseRequest(['--counted', '--only=data-path,start']),
      /data-path counts rules and needs no clock: .*KUBE_IPVS_TEST_KERNEL=debian-13/,
    );
    assert.deepEqual(parsed('--only=data-path').parts, ['data-path']);
  });

  it('have the bounds applied to counted instructions of one size alone', () => {
    assert.equal(strictnessOf(parsed('--counted')), 'full');
    assert.equal(strictnessOf(parsed('--counted', '--runs=1')), 'full');
    assert.equal(strictnessOf(parsed('--counted', '--services=2000')), 'quick');
    assert.equal(strictnessOf(parsed('--counted', '--endpoints=4')), 'quick');
    assert.equal(strictnessOf(parsed()), 'quick');
    assert.equal(strictnessOf(parsed('--quick')), 'quick');
  });
});
