import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { join } from 'node:path';
import { serviceWith } from '../../support/cli-clusters.ts';
import { parseLog } from '../../support/cli-log.ts';

const root = join(import.meta.dirname, '../../..');
const bootLimitMs = 120_000;

/** All commands in one boot; each leaves its exit code and its outputs in lines of their own. */
const script = `
mkdir /tmp/manifests
printf '%s' "$MANIFEST" >/tmp/manifests/web.json
for command in 'run --once --manifests /tmp/manifests' 'run --manifests /tmp/manifests' \\
  'cleanup' 'show' 'plan -o json --manifests /tmp/manifests'; do
  echo "== $command"
  node src/main.ts $command 2>/tmp/log
  echo "== $?"
  cat /tmp/log
done`;

describe('in a kernel without IPVS', function () {
  this.timeout(bootLimitMs);
  this.slow(bootLimitMs);
  let boot: SpawnSyncReturns<string>;
  let results: ReadonlyMap<string, { code: number; output: string; log: string }>;

  before(() => {
    const manifest = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: serviceWith('web', '10.96.0.1', ['10.244.1.1']),
    });
    const command = ['env', `MANIFEST=${manifest}`, 'bash', '-c', script];
    boot = spawnSync(join(root, 'hack/in-test-kernel'), ['--no-ip-vs', '--', ...command], {
      cwd: root,
      encoding: 'utf8',
      timeout: bootLimitMs,
    });
    const parts = boot.stdout.split(/^== (.*)\n/m).slice(1);
    results = new Map(
      Array.from({ length: parts.length / 4 }, (_, index) => {
        const [command = '', output = '', code = '', log = ''] = parts.slice(4 * index);
        return [command, { output, code: Number(code), log }];
      }),
    );
  });

  for (const command of [
    'run --once --manifests /tmp/manifests',
    'run --manifests /tmp/manifests',
    'cleanup',
    'show',
  ]) {
    it(`'${command}' exits with 3 and one line that says what to do`, () => {
      const result = results.get(command);
      assert.ok(result, boot.stderr);
      assert.equal(result.code, 3);
      assert.equal(result.output, '');
      const [line, ...more] = parseLog(result.log);
      assert.deepEqual(more, []);
      assert.match(
        line?.msg ?? '',
        /^the kernel has no IPVS: load the module with "modprobe ip_vs"/,
      );
    });
  }

  it('plan shows what would be, and leaves the difference out', () => {
    const result = results.get('plan -o json --manifests /tmp/manifests');
    assert.ok(result, boot.stderr);
    assert.equal(result.code, 0);
    // The documented form of the output.
    const plan = JSON.parse(result.output) as { virtualServers: unknown[]; difference: unknown };
    assert.equal(plan.virtualServers.length, 1);
    assert.equal(plan.difference, null);
    assert.match(parseLog(result.log)[0]?.msg ?? '', /^the difference to the kernel is left out: /);
  });
});
