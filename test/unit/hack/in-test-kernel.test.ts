import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const runner = join(import.meta.dirname, '../../../hack/in-test-kernel');
const bootLimit = 120_000;

function inTestKernel(...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(runner, args, {
    encoding: 'utf8',
    timeout: bootLimit,
    maxBuffer: 32 * 1024 * 1024,
    env: { ...process.env, NODE_OF_THE_TEST: `it's "carried" over`, SECRET_OF_THE_TEST: 'no' },
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
    assert.equal(result.status, 124);
    assert.match(result.stderr, /in-test-kernel: .* after 1 s/);
  });

  for (const [args, problem] of [
    [['--timeout', '0', 'true'], /--timeout '0' is not a whole number of seconds/],
    [['--mem', 'lots', 'true'], /--mem 'lots' is not a size/],
    [['--without', '../x', 'true'], /'..\/x' is not the name of a kernel module/],
    [['--write', '/proc', 'true'], /\/proc cannot be kept/],
    [['--nope', 'true'], /unknown option --nope/],
    [['--timeout'], /--timeout needs a value/],
    [[], /no command given/],
  ] as const) {
    it(`refuses '${args.join(' ')}' with status 2`, () => {
      const result = inTestKernel(...args);
      assert.equal(result.status, 2);
      assert.match(result.stderr, problem);
    });
  }
});
