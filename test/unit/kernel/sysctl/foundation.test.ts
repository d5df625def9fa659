import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SysctlFoundation } from '../../../../src/kernel/sysctl/foundation.ts';
import type { Sysctl } from '../../../../src/kernel/sysctl/settings.ts';

const conntrack: Sysctl = { path: 'net/ipv4/vs/conntrack', value: '1', why: 'for masquerade' };
const forward: Sysctl = { path: 'net/ipv4/ip_forward', value: '1', why: 'for Pods' };

describe('kernel settings', () => {
  let folder = '';
  let told: string[] = [];
  let foundation = new SysctlFoundation([], () => undefined);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kube-ipvs-test-'));
    told = [];
    foundation = new SysctlFoundation(
      [conntrack, forward],
      ({ path, value }, before) => told.push(`${path} ${before} -> ${value}`),
      folder,
    );
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function hold({ path }: Sysctl, value: string): Promise<void> {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, value);
  }

  function held({ path }: Sysctl): Promise<string> {
    return readFile(join(folder, path), 'latin1');
  }

  it('are set where they differ, and each change is told', async () => {
    await hold(conntrack, '0\n');
    await hold(forward, '1\n');
    await foundation.ensure();
    assert.equal(await held(conntrack), '1');
    assert.deepEqual(told, ['net/ipv4/vs/conntrack 0 -> 1']);
  });

  it('are not written where they are right: /proc/sys may be read-only', async () => {
    await hold(conntrack, '1\n');
    await hold(forward, '1\n');
    const file = join(folder, forward.path);
    await utimes(file, 1000, 1000);
    await foundation.ensure();
    assert.equal((await stat(file)).mtimeMs, 1_000_000);
    assert.deepEqual(told, []);
  });

  it('are set again after somebody changed them', async () => {
    await hold(conntrack, '1\n');
    await hold(forward, '1\n');
    await foundation.ensure();
    await hold(forward, '0\n');
    await foundation.ensure();
    assert.equal(await held(forward), '1');
    assert.deepEqual(told, ['net/ipv4/ip_forward 0 -> 1']);
  });

  it('that cannot be set are named with the reason for them, and the others are set', async () => {
    await hold(forward, '0\n');
    await assert.rejects(foundation.ensure(), {
      message: 'net/ipv4/vs/conntrack cannot be set to 1 (ENOENT): for masquerade',
    });
    assert.equal(await held(forward), '1');
  });

  it('are named all, where none of them can be set', async () => {
    await assert.rejects(foundation.ensure(), (error: Error) => {
      assert.equal(error.message.split('; ').length, 2);
      return true;
    });
  });
});
