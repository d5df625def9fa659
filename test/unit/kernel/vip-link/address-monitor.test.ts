import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AddressMonitor } from '../../../../src/kernel/vip-link/address-monitor.ts';
import { until } from '../../../support/until.ts';

/** In place of five seconds. */
const restartMs = 20;

describe('the monitor of addresses', () => {
  let folder = '';
  const monitors: AddressMonitor[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kube-ipvs-test-'));
  });
  afterEach(() => {
    monitors.splice(0).forEach((monitor) => {
      monitor.stop();
    });
  });
  after(() => rm(folder, { recursive: true }));

  /** A program in place of `ip`. */
  async function script(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  }

  function monitorOf(program: string) {
    const lines: string[] = [];
    const failures: string[] = [];
    const monitor = new AddressMonitor(
      {
        notice: (line) => lines.push(line),
        failed: (error) => failures.push(error.message),
      },
      program,
      restartMs,
    );
    monitors.push(monitor);
    monitor.start();
    return { monitor, lines, failures };
  }

  it('tells each line that the program prints', async () => {
    const program = await script('two', 'echo "2: eth0 inet a"; printf "3: b\\n"; exec sleep 60');
    const { lines, failures } = monitorOf(program);
    await until('both lines are told', () => lines.length === 2);
    assert.deepEqual(lines, ['2: eth0 inet a', '3: b']);
    assert.deepEqual(failures, []);
  });

  it('asks for links and addresses, one line each', async () => {
    const { lines } = monitorOf(await script('arguments', 'echo "$@"; exec sleep 60'));
    await until('the arguments are told', () => lines.length === 1);
    assert.deepEqual(lines, ['-o monitor link address']);
  });

  it('is started again after the program has ended, and that is told each time', async () => {
    const { lines, failures } = monitorOf(await script('ends', 'echo line; exit 3'));
    await until('it ran three times', () => lines.length >= 3);
    assert.ok(failures.length >= 2);
    assert.match(
      failures[0] ?? '',
      /"\S+ends monitor" \(iproute2\) has ended with status 3; until/,
    );
  });

  it('is started again after the program was killed', async () => {
    const { failures, lines } = monitorOf(await script('killed', 'echo line; kill -9 $$'));
    await until('it ran twice', () => lines.length >= 2);
    assert.match(failures[0] ?? '', /has ended with SIGKILL/);
  });

  it('says that changes are seen in the audit only while the program is missing', async () => {
    const { failures } = monitorOf(join(folder, 'nothing'));
    await until('the failure is told twice', () => failures.length >= 2);
    assert.match(
      failures[0] ?? '',
      /cannot be started: .*ENOENT; until it runs, changes of the node's addresses are seen in the audit only$/,
    );
  });

  it('ends the program when it is stopped, and starts it no more', async () => {
    const pids = join(folder, 'pids');
    const program = await script('runs', `echo $$ >> ${pids}; echo line; exec sleep 60`);
    const { monitor, lines, failures } = monitorOf(program);
    await until('it runs', () => lines.length === 1);
    monitor.stop();
    const [pid = ''] = (await readFile(pids, 'latin1')).trim().split('\n');
    await until('the program has ended', () => !isRunning(Number(pid)));
    await delay(restartMs * 3);
    assert.equal((await readFile(pids, 'latin1')).trim(), pid);
    assert.deepEqual(failures, []);
  });

  it('is not started again when it is stopped while it waits for that', async () => {
    const { monitor, lines, failures } = monitorOf(await script('once', 'echo line'));
    await until('it has ended', () => failures.length === 1);
    monitor.stop();
    await delay(restartMs * 3);
    assert.equal(lines.length, 1);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
