import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const repo = join(import.meta.dirname, '../../..');

interface Outcome {
  readonly lastLine: string | undefined;
  readonly status: number | null;
}

describe('the last line of hack/test', function () {
  this.timeout(30_000);
  this.slow(5_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'test-counts-test-'));
    mkdirSync(join(folder, 'hack'));
    for (const name of ['test', 'mocha-reporter.ts']) {
      cpSync(join(repo, 'hack', name), join(folder, 'hack', name));
    }
    writeFileSync(join(folder, 'hack/setup'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    symlinkSync(join(repo, 'node_modules'), join(folder, 'node_modules'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function addTest(phase: string, source: string): void {
    const place = join(folder, 'test', phase);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'a.test.ts'), source);
  }

  function run(...args: readonly string[]): Outcome {
    const { stdout, status } = spawnSync(join(folder, 'hack/test'), args, { encoding: 'utf8' });
    return { lastLine: stdout.trimEnd().split('\n').at(-1), status };
  }

  it('sums the counts of the phases', () => {
    addTest('unit', `it('a', () => {}); it('b', () => {});`);
    addTest('golden', `it('a', () => {});`);
    assert.deepEqual(run('unit', 'golden'), { lastLine: '3 passed, 0 failed', status: 0 });
  });

  it('names skipped tests when there are some', () => {
    addTest('unit', `it('a', () => {}); it.skip('b', () => {});`);
    assert.deepEqual(run('unit'), { lastLine: '1 passed, 0 failed, 1 skipped', status: 0 });
  });

  it('counts failing tests and failing hooks', () => {
    addTest(
      'unit',
      `const no = () => { throw new Error(); }; it('a', no); it('b', () => {});
      describe('c', () => { before(no); it('d', () => {}); });`,
    );
    assert.deepEqual(run('unit'), { lastLine: '1 passed, 2 failed', status: 1 });
  });

  it('does not wait for what a failing test has left open', () => {
    addTest('unit', `it('a', () => { setInterval(() => {}, 1000); throw new Error(); });`);
    assert.deepEqual(run('unit'), { lastLine: '0 passed, 1 failed', status: 1 });
  });

  it('counts a phase that dies as one failure, and goes on', () => {
    addTest('unit', `it('a', () => { process.kill(process.pid, 'SIGKILL'); });`);
    addTest('golden', `it('a', () => {});`);
    assert.deepEqual(run('unit', 'golden'), { lastLine: '1 passed, 1 failed', status: 1 });
  });

  it('counts a phase whose files do not load as one failure', () => {
    addTest('unit', `import './absent.ts';`);
    assert.deepEqual(run('unit'), { lastLine: '0 passed, 1 failed', status: 1 });
  });

  it('counts a phase without tests as one failure', () => {
    addTest('unit', `describe('nothing', () => {});`);
    assert.deepEqual(run('unit'), { lastLine: '0 passed, 1 failed', status: 1 });
  });

  it('counts a test that exits early with status 0 as one failure', () => {
    addTest('unit', `it('a', () => { process.exit(0); });`);
    assert.deepEqual(run('unit'), { lastLine: '0 passed, 1 failed', status: 1 });
  });

  it('counts a failing set-up as one failure', () => {
    addTest('unit', `it('a', () => {});`);
    writeFileSync(join(folder, 'hack/setup'), '#!/bin/sh\nexit 1\n');
    assert.deepEqual(run('unit'), { lastLine: '0 passed, 1 failed', status: 1 });
  });

  it('comes from the tests that mocha arguments select', () => {
    addTest('unit', `it('one', () => {}); it('two', () => {});`);
    assert.deepEqual(run('unit', '--', '--grep', 'two'), {
      lastLine: '1 passed, 0 failed',
      status: 0,
    });
  });
});
