import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { largeCluster, serviceWith } from '../../support/cli-clusters.ts';
import { TestFolder } from '../../support/cli-folder.ts';
import { parseLog } from '../../support/cli-log.ts';
import { programFile } from '../../support/program.ts';

/** The bundle where there is one: each start of the sources takes half a second longer. */
const main = programFile;

function kubeIpvs(...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
}

describe('the process, without any need of a kernel', function () {
  this.timeout(20_000);
  this.slow(5000);
  let folder: TestFolder;

  before(() => {
    folder = new TestFolder();
  });
  after(() => {
    folder.delete();
  });

  it('exits with 2 on a wrong flag, and says which', () => {
    const { status, stdout, stderr } = kubeIpvs('run', '--nope');
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^error: unknown option '--nope'\n/);
  });

  it('exits with 2 without a command, and shows the help', () => {
    const { status, stderr } = kubeIpvs();
    assert.equal(status, 2);
    assert.match(stderr, /^Usage: kube-ipvs /);
  });

  it('exits with 0 after --help', () => {
    assert.equal(kubeIpvs('plan', '--help').status, 0);
  });

  it('exits with 2 on a wrong configuration, all errors in one entry of the log', () => {
    const config = folder.config({ mode: 'iptables', ipvs: { scheduler: 'fastest' } });
    const { status, stdout, stderr } = kubeIpvs(
      'run',
      '--config',
      config,
      '--manifests',
      '/nowhere',
    );
    assert.equal(status, 2);
    assert.equal(stdout, '');
    const [entry, ...more] = parseLog(stderr);
    assert.deepEqual(more, []);
    assert.equal(entry?.level, 'fatal');
    assert.match(entry.msg, /: mode is "iptables"; .*\n.*: ipvs\.scheduler is "fastest"; /);
  });

  it('exits with 1 and one line where the folder of manifests does not exist', () => {
    const { status, stderr } = kubeIpvs('plan', '--manifests', '/nowhere/at-all');
    assert.equal(status, 1);
    assert.deepEqual(
      parseLog(stderr).map(({ level, msg }) => `${level}: ${msg}`),
      ['fatal: the folder of manifests does not exist: /nowhere/at-all'],
    );
  });

  it('writes the readable log where that is asked for, without colour into a pipe', () => {
    const { stderr } = kubeIpvs('plan', '--manifests', '/nowhere', '--log-format', 'pretty');
    assert.match(
      stderr,
      /^\[\d\d:\d\d:\d\d\.\d{3}\] FATAL: the folder of manifests does not exist: \/nowhere\n$/,
    );
  });

  it('writes nothing below --log-level', () => {
    folder.write('web.json', serviceWith('web', 'no-address', []));
    const { stderr } = kubeIpvs('plan', '--manifests', folder.manifests, '--log-level', 'error');
    assert.deepEqual(
      parseLog(stderr).map(({ level }) => level),
      ['error'],
    );
  });

  it('does not mind a reader of its output that leaves early', () => {
    folder.write('web.json', largeCluster({ services: 300, endpoints: 5 }));
    const script = join(folder.manifests, 'early.sh');
    writeFileSync(script, 'set -o pipefail; "$@" | head -c 100 >/dev/null');
    const { status, stderr } = spawnSync(
      'bash',
      [script, process.execPath, main, 'plan', '--manifests', folder.manifests, '-o', 'json'],
      { encoding: 'utf8' },
    );
    assert.doesNotMatch(stderr, /EPIPE/);
    assert.equal(status, 0);
  });
});
