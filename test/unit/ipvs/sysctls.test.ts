import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, utimesSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setSysctls } from '../../../src/ipvs/sysctls.ts';

const names = ['expire_nodest_conn', 'expire_quiescent_template'] as const;

describe('the settings of IPVS that draining needs', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sysctls-test-'));
    names.forEach((name) => {
      writeFileSync(join(folder, name), '0\n');
    });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('are set', async () => {
    assert.deepEqual(await setSysctls(folder), []);
    for (const name of names) {
      assert.equal(readFileSync(join(folder, name), 'utf8'), '1');
    }
  });

  it('are not written where they are right: a container may not write', async () => {
    const path = join(folder, names[0]);
    writeFileSync(path, '1\n');
    utimesSync(path, 1, 1);
    assert.deepEqual(await setSysctls(folder), []);
    assert.equal(statSync(path).mtimeMs, 1000);
  });

  it('that cannot be set are named, with their value and the reason, and the others are set', async () => {
    rmSync(join(folder, names[0]));
    const [error, ...others] = await setSysctls(folder);
    assert.match(
      error?.message ?? '',
      /^net\.ipv4\.vs\.expire_nodest_conn must be 1 and could not be set: ENOENT/,
    );
    assert.deepEqual(others, []);
    assert.equal(readFileSync(join(folder, names[1]), 'utf8'), '1');
  });
});
