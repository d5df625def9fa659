import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const repo = join(import.meta.dirname, '../../..');
const files = ['Dockerfile', 'package-lock.json', 'hack/build.ts', 'src/main.ts'];

describe('the image counts as checked', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'image-checksum-test-'));
    for (const file of [...files, 'hack/check-image', 'hack/image/checksum']) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(repo, file), join(folder, file));
    }
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
    execFileSync('git', ['add', '.'], { cwd: folder });
    const checksum = execFileSync(join(folder, 'hack/image/checksum'));
    writeFileSync(join(folder, 'hack/image/checked.sha256'), checksum);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const isChecked = (): boolean =>
    spawnSync(join(folder, 'hack/check-image'), ['--is-checked']).status === 0;

  it('while nothing has changed', () => {
    assert.equal(isChecked(), true);
  });

  for (const file of files) {
    const isProgram = file.startsWith('src/');
    it(`${isProgram ? 'still' : 'no longer'} when ${file} has changed`, () => {
      appendFileSync(join(folder, file), '\n');
      assert.equal(isChecked(), isProgram);
    });
  }

  it('not where it never was', () => {
    rmSync(join(folder, 'hack/image/checked.sha256'));
    assert.equal(isChecked(), false);
  });
});
