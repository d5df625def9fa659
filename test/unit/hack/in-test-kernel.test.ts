import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const runner = join(import.meta.dirname, '../../../hack/in-test-kernel');
const bootLimit = 120_000;

function inTestKernel(...args: readonly string[]): SpawnSyncReturns<string> {
  return inTestKernelWith({}, ...args);
}

function inTestKernelWith(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): SpawnSyncReturns<string> {
  return spawnSync(runner, args, {
    encoding: 'utf8',
    timeout: bootLimit,
    maxBuffer: 32 * 1024 * 1024,
    env: {
      ...process.env,
      NODE_OF_THE_TEST: `it's "carried" over`,
      SECRET_OF_THE_TEST: 'no',
      ...environment,
    },
  });
}

describe('hack/in-test-kernel', function () {
  this.timeout(bootLimit);
  this.slow(bootLimit);

  describe('one boot', () => {
    const args = ['a b', `it's`, '"quoted"', '$HOME `x` \\ *', 'two\nlines', ''];
    const script = `
      printf '[%s]' "$@"
      echo "to stderr" >&2
      [ "$(ipvsadm -Sn; ipvsadm -A -t 192.0.2.1:80 -s mh; ipvsadm -Sn)" = \
        "-A -t 192.0.2.1:80 -s mh" ] || exit 3
      printf '\\n%s|%s|%s\\n' "$PWD" "$NODE_OF_THE_TEST" "$SECRET_OF_THE_TEST"
      node --version
      touch "$KEPT/../lost-of-test" /tmp/lost-of-test
      echo kept > "$KEPT/file"
      cat <(echo through /dev/fd)
      head -c 10000000 /dev/zero | tr '\\0' x
      exit 7`;
    let folder: string;
    let result: SpawnSyncReturns<string>;

    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'in-test-kernel-test-'));
      const kept = join(folder, 'kept');
      const command = ['env', `KEPT=${kept}`, 'bash', '-c', script, 'bash', ...args];
      result = inTestKernel('--write', kept, '--', ...command);
    });
    after(() => {
      rmSync(folder, { recursive: true });
    });

    it("exits with the command's exit status", () => {
      assert.equal(result.status, 7, result.stderr);
    });

    it("passes the command's arguments on unchanged", () => {
      const wanted = args.map((arg) => `[${arg}]`).join('');
      assert.equal(result.stdout.slice(0, wanted.length), wanted);
    });

    it('keeps the output apart from the error output and from the messages of the kernel', () => {
      assert.equal(result.stderr, 'to stderr\n');
    });

    it('carries the working directory and the named part of the environment over', () => {
      const line = result.stdout.split('\n')[2];
      assert.equal(line, `${process.cwd()}|it's "carried" over|`);
    });

    it("finds the project's Node first", () => {
      assert.match(result.stdout, /^v24\./m);
    });

    it('delivers ten million bytes of output', () => {
      assert.equal(/x+$/.exec(result.stdout)?.[0].length, 10_000_000);
    });

    it('keeps what was written below a folder named with --write', () => {
      assert.equal(readFileSync(join(folder, 'kept/file'), 'utf8'), 'kept\n');
    });

    it("leaves this machine's other files as they were", () => {
      assert.equal(existsSync(join(folder, 'lost-of-test')), false);
      assert.equal(existsSync('/tmp/lost-of-test'), false);
    });
  });

  it('stops a command that is still running when the time is up, with status 124', () => {
    const result = inTestKernel('--timeout', '1', 'sleep', '1000');
    assert.equal(result.status, 124, result.stderr);
    assert.match(result.stderr, /in-test-kernel: .* after 1 s/);
  });

  for (const [args, problem] of [
    [['--timeout', '0', 'true'], /--timeout '0' is not a whole number of seconds/],
    [['--mem', 'lots', 'true'], /--mem 'lots' is not a size/],
    [['--without', '../x', 'true'], /'..\/x' is not the name of a kernel module/],
    [['--write', '/proc', 'true'], /\/proc cannot be kept/],
    [['--nope', 'true'], /unknown option --nope/],
    [
      ['--kernel', 'debian-9', 'true'],
      /--kernel 'debian-9': allowed are uml, host, debian-12, debian-13, debian-sid/,
    ],
    [['--smp', '0', 'true'], /--smp '0' is not a number of processors, 1 to 64/],
    [['--smp', 'all', 'true'], /--smp 'all' is not a number of processors, 1 to 64/],
    [['--kernel', 'uml', '--smp', '2', 'true'], /--smp, .* need .* kernel 'uml'/],
    [['--kernel', 'uml', '--in-memory', 'node', 'true'], /--in-memory need .* kernel 'uml'/],
    [['--kernel', 'host', '--counted-clock', 'true'], /need .* this is the kernel 'host'/],
    [
      ['--kernel', 'debian-sid', '--counted-clock', '--smp', '2', 'true'],
      /--counted-clock counts the instructions of one processor: --smp '2' is not 1/,
    ],
    [['--kernel', 'host', '--without', 'ip_vs_mh', 'true'], /cannot be had with the kernel 'host'/],
    [['--kernel', 'debian-sid', '--fetch', 'true'], /--fetch runs no command, .*: true/],
    [['--timeout'], /--timeout needs a value/],
    [[], /no command given/],
  ] as const) {
    it(`refuses '${args.join(' ')}' with status 2`, () => {
      const result = inTestKernel(...args);
      assert.equal(result.status, 2);
      assert.match(result.stderr, problem);
    });
  }

  it('takes the name of the kernel from KUBE_IPVS_TEST_KERNEL where no option has one', () => {
    const environment = { KUBE_IPVS_TEST_KERNEL: 'windows' };
    const named = inTestKernelWith(environment, 'true');
    assert.equal(named.status, 2);
    assert.match(named.stderr, /KUBE_IPVS_TEST_KERNEL='windows': allowed are uml, host, debian-12/);
    const overruled = inTestKernelWith(environment, '--kernel', 'uml', '--smp', '2', 'true');
    assert.match(overruled.stderr, /this is the kernel 'uml'/);
  });

  describe("fetching a distribution's kernel", () => {
    let folder: string;
    const kernels = () => join(folder, 'cache/kube-ipvs/kernels');

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'in-test-kernel-test-'));
      // In the place of the machine's own: QEMU is there, and apt knows one mirror.
      standIn('qemu-system-x86_64', 'exit 1');
      standIn('dpkg', 'echo amd64');
      standIn('apt-cache', '');
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    function standIn(program: string, lines: string): void {
      writeFileSync(join(folder, program), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
    }

    function fetch(): SpawnSyncReturns<string> {
      return inTestKernelWith(
        { XDG_CACHE_HOME: join(folder, 'cache'), PATH: `${folder}:${process.env['PATH'] ?? ''}` },
        ...['--kernel', 'debian-13', '--fetch'],
      );
    }

    it('reports with status 125 what apt said, and keeps nothing', () => {
      standIn(
        'apt-get',
        `case "$*" in
           indextargets*) echo Debian Debian forky main http://mirror.example/debian ;;
           *) echo 'Err: mirror.example does not answer' >&2; exit 100 ;;
         esac`,
      );
      const { status, stderr } = fetch();
      assert.equal(status, 125, stderr);
      assert.match(stderr, /^Err: mirror\.example does not answer$/m);
      assert.match(stderr, /the list of packages of debian-13 cannot be fetched/);
      assert.deepEqual(readdirSync(kernels()), ['debian-13.lock']);
    });

    it('reports with status 125 that the release has no kernel package', () => {
      standIn(
        'apt-get',
        `case "$*" in
           indextargets*) echo Debian Debian forky main http://mirror.example/debian ;;
         esac`,
      );
      const { status, stderr } = fetch();
      assert.equal(status, 125, stderr);
      assert.match(stderr, /the kernel debian-13 cannot be had: linux-image-amd64 of trixie/);
    });

    it('reports with status 125 that apt knows no mirror of Debian', () => {
      standIn('apt-get', 'exit 0');
      const { status, stderr } = fetch();
      assert.equal(status, 125, stderr);
      assert.match(stderr, /this machine's apt knows no mirror of Debian/);
    });

    it('reports with status 125 that it is not to be had on this architecture', () => {
      standIn('dpkg', 'echo arm64');
      const { status, stderr } = fetch();
      assert.equal(status, 125, stderr);
      assert.match(stderr, /the kernel debian-13 can be had on Debian amd64 alone/);
    });

    it('fetches nothing where the kernel is there already', () => {
      standIn('apt-get', 'exit 1');
      mkdirSync(join(kernels(), 'debian-13'), { recursive: true });
      writeFileSync(join(kernels(), 'debian-13/release'), '6.12.1-amd64\n');
      const { status, stderr } = fetch();
      assert.equal(status, 0, stderr);
      assert.equal(stderr, '');
    });
  });
});
