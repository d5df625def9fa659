import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const repo = join(import.meta.dirname, '../../..');

/** In the place of the test kernel: what stands behind the `--` is run here. */
const noTestKernel = `#!/bin/bash
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
`;

/** In the place of hack/bundle-tests.ts: what is run is the test itself. */
const noBundles = `
import { cpSync } from 'node:fs';
const [folder, ...files] = process.argv.slice(2);
files.forEach((file) => cpSync(file, folder + '/' + file.replace(/ts$/, 'mjs')));
`;

interface Outcome {
  /** Of the standard output. */
  readonly lines: readonly string[];
  readonly lastLine: string | undefined;
  readonly status: number | null;
  readonly errorOutput: string;
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

  function addTest(phase: string, source: string, name = 'a'): void {
    const place = join(folder, 'test', phase);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `${name}.test.ts`), source);
  }

  function run(...args: readonly string[]): Outcome {
    return runWith({}, ...args);
  }

  function runWith(variables: NodeJS.ProcessEnv, ...args: readonly string[]): Outcome {
    const { stdout, stderr, status } = spawnSync(join(folder, 'hack/test'), args, {
      encoding: 'utf8',
      // That of the tests around is no part of these.
      env: { ...process.env, KUBE_IPVS_TEST_PROGRAM: undefined, ...variables },
    });
    const lines = stdout.trimEnd().split('\n');
    return { lines, lastLine: lines.at(-1), status, errorOutput: stderr };
  }

  function assertEnds(outcome: Outcome, lastLine: string, status: number): void {
    assert.deepEqual([outcome.lastLine, outcome.status], [lastLine, status]);
  }

  it('sums the counts of the phases', () => {
    addTest('unit', `it('a', () => {}); it('b', () => {});`);
    addTest('golden', `it('a', () => {});`);
    assertEnds(run('unit', 'golden'), '3 passed, 0 failed', 0);
  });

  it('names skipped tests when there are some', () => {
    addTest('unit', `it('a', () => {}); it.skip('b', () => {});`);
    assertEnds(run('unit'), '1 passed, 0 failed, 1 skipped', 0);
  });

  it('counts failing tests and failing hooks', () => {
    addTest(
      'unit',
      `const no = () => { throw new Error(); }; it('a', no); it('b', () => {});
      describe('c', () => { before(no); it('d', () => {}); });`,
    );
    assertEnds(run('unit'), '1 passed, 2 failed', 1);
  });

  it('does not wait for what a failing test has left open', () => {
    addTest('unit', `it('a', () => { setInterval(() => {}, 1000); throw new Error(); });`);
    assertEnds(run('unit'), '0 passed, 1 failed', 1);
  });

  it('counts a phase that dies as one failure, and goes on', () => {
    addTest('unit', `it('a', () => { process.kill(process.pid, 'SIGKILL'); });`);
    addTest('golden', `it('a', () => {});`);
    assertEnds(run('unit', 'golden'), '1 passed, 1 failed', 1);
  });

  it('counts a phase whose files do not load as one failure', () => {
    addTest('unit', `import './absent.ts';`);
    assertEnds(run('unit'), '0 passed, 1 failed', 1);
  });

  it('counts a phase without tests as one failure', () => {
    addTest('unit', `describe('nothing', () => {});`);
    assertEnds(run('unit'), '0 passed, 1 failed', 1);
  });

  it('counts a test that exits early with status 0 as one failure', () => {
    addTest('unit', `it('a', () => { process.exit(0); });`);
    assertEnds(run('unit'), '0 passed, 1 failed', 1);
  });

  it('counts a failing set-up as one failure', () => {
    addTest('unit', `it('a', () => {});`);
    writeFileSync(join(folder, 'hack/setup'), '#!/bin/sh\nexit 1\n');
    assertEnds(run('unit'), '0 passed, 1 failed', 1);
  });

  it('comes from the tests that mocha arguments select', () => {
    addTest('unit', `it('one', () => {}); it('two', () => {});`);
    assertEnds(run('unit', '--', '--grep', 'two'), '1 passed, 0 failed', 0);
  });

  function addKernelTests(slow?: string): void {
    writeFileSync(join(folder, 'hack/in-test-kernel'), noTestKernel, { mode: 0o755 });
    writeFileSync(join(folder, 'hack/test-program.ts'), '');
    for (const name of ['a', 'b']) {
      const source = `it('${name}', (done) => { setTimeout(done, ${name === slow ? 1500 : 0}); });`;
      addTest('kernel', source, name);
    }
  }

  for (const slow of ['a', 'b']) {
    it(`waits for both boots of the kernel tests, with ${slow} the slow one`, () => {
      addKernelTests(slow);
      const outcome = runWith({ KUBE_IPVS_KERNEL_TEST_BOOTS: '2' }, 'kernel');
      assertEnds(outcome, '2 passed, 0 failed', 0);
    });
  }

  for (const boots of ['1', '']) {
    it(`has all kernel tests, with '${boots}' as the number of boots`, () => {
      addKernelTests();
      const outcome = runWith({ KUBE_IPVS_KERNEL_TEST_BOOTS: boots }, 'kernel');
      assertEnds(outcome, '2 passed, 0 failed', 0);
    });
  }

  it('boots no kernel without a test', () => {
    addKernelTests();
    const outcome = runWith({ KUBE_IPVS_KERNEL_TEST_BOOTS: '4' }, 'kernel');
    assertEnds(outcome, '2 passed, 0 failed', 0);
  });

  it('counts a number of boots that is not allowed as one failure', () => {
    addKernelTests();
    const outcome = runWith({ KUBE_IPVS_KERNEL_TEST_BOOTS: '5' }, 'kernel');
    assertEnds(outcome, '0 passed, 1 failed', 1);
  });

  it('has the long kernel tests where they are asked for', () => {
    addKernelTests();
    addTest('long', `it('c', () => {});`);
    assertEnds(run('kernel', 'long'), '3 passed, 0 failed', 0);
  });

  /** The kernels of these names can be fetched, and no other. */
  function addModernTests(...kernels: readonly string[]): void {
    const canBeFetched = kernels.map((kernel) => `'--kernel ${kernel} --fetch') exit 0 ;;`);
    const fetching = `case "$*" in ${canBeFetched.join(' ')} *--fetch) exit 125 ;; esac`;
    const [shebang = '', ...rest] = noTestKernel.split('\n');
    const stub = [shebang, fetching, ...rest].join('\n');
    writeFileSync(join(folder, 'hack/in-test-kernel'), stub, { mode: 0o755 });
    writeFileSync(join(folder, 'hack/test-program.ts'), '');
    writeFileSync(join(folder, 'hack/bundle-tests.ts'), noBundles);
    const withFilter = "it(`with ${process.env['KUBE_IPVS_PACKET_FILTER']}`, () => {});";
    addTest('kernel', withFilter, 'traffic-matrix');
    for (const name of ['takeover', 'restart']) {
      addTest('long', `it('${name}', () => {});`, name);
    }
    for (const name of ['draining', 'not-among-them']) {
      addTest('kernel', `it('${name}', () => {});`, name);
    }
    for (const name of ['drift', 'packet-filter-switch', 'modules-on-demand', 'a']) {
      addTest('modern', `it('${name}', () => {});`, name);
    }
  }

  it('has the modern tests and their part of the kernel tests, but for slow ones', () => {
    addModernTests('debian-sid');
    const outcome = run('modern');
    assertEnds(outcome, '8 passed, 0 failed', 0);
    assert.equal(outcome.errorOutput, '');
    const printed = outcome.lines.join('\n');
    assert.match(printed, /with nftables/);
    assert.match(printed, /with iptables/);
    assert.doesNotMatch(printed, /not-among-them|packet-filter-switch/);
    assert.match(outcome.lines.join('\n'), /took \d+ s in the kernel of debian-sid$/m);
  });

  it("has them in the kernel of the machine's own release where the newest is not to be had", () => {
    const own = ownRelease();
    addModernTests(own);
    const outcome = run('modern');
    assertEnds(outcome, '8 passed, 0 failed', 0);
    assert.match(outcome.errorOutput, /WARNING: THE NEWEST KERNEL CANNOT BE FETCHED/);
    assert.ok(outcome.errorOutput.includes(`in that of ${own}`));
  });

  it('counts the modern tests as one failure where no kernel is to be had', () => {
    addModernTests();
    assertEnds(run('modern'), '0 passed, 1 failed', 1);
  });

  it('comes after what failed, with the file and the error', () => {
    addTest('unit', `describe('one', () => { it('two', () => { throw new Error('why'); }); });`);
    addTest('golden', `describe('nothing', () => {});`);
    const { lines } = run('unit', 'golden');
    const told = lines.slice(lines.indexOf('== failed'));
    assert.deepEqual(told.slice(0, 3), [
      '== failed',
      'one > two (test/unit/a.test.ts)',
      '    Error: why',
    ]);
    assert.deepEqual(told.slice(-3), ['test: there are no golden tests', '', '0 passed, 2 failed']);
  });
});

/** As os-release has it: `debian-12`. */
function ownRelease(): string {
  const text = readFileSync('/etc/os-release', 'utf8');
  const valueOf = (name: string) =>
    new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return `${valueOf('ID')}-${valueOf('VERSION_ID')}`;
}
