import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../../src/config/load-settings.ts';
import { ConfigWatch, type ConfigWatchOptions } from '../../../src/config/watch-config.ts';
import { until } from '../../support/until.ts';

const silent = { withoutEffect: () => {}, unknown: () => {} };
const fileOf = (yaml: string): string =>
  `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n${yaml}\n`;

describe('the watch on the configuration file', () => {
  let folder: string;
  let file: string;
  let watch: ConfigWatch | undefined;
  /** What was heard, a line each. */
  let heard: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-config-'));
    file = join(folder, 'config.conf');
    heard = [];
  });

  afterEach(() => {
    watch?.close();
    rmSync(folder, { recursive: true });
  });

  /** At once: a read under way may see a file that is written in place without its text. */
  function write(text: string): void {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }

  async function start(options: ConfigWatchOptions = { pollMs: 3_600_000, settleMs: 10 }) {
    const flags = { config: file };
    const settings = await loadSettings(flags, silent);
    watch = new ConfigWatch(
      file,
      flags,
      settings,
      {
        withoutEffect: (names) => heard.push(`without effect: ${names.join()}`),
        unknown: (message) => heard.push(`unknown: ${message}`),
        changed: ({ kind, fields }, { translation, oomScoreAdj }) => {
          heard.push(`${kind} ${fields.join()}: ${translation.scheduler} ${oomScoreAdj}`);
        },
        broken: (error) => heard.push(`broken: ${error.message}`),
      },
      options,
    );
  }

  const heardLines = (count: number): Promise<void> =>
    until(`${count} lines are heard`, () => heard.length >= count);

  it('tells of a change that can take effect at once', async () => {
    write(fileOf(''));
    await start();
    write(fileOf('ipvs: { scheduler: lc }'));
    await heardLines(1);
    assert.deepEqual(heard, ['live ipvs.scheduler: lc -999']);
  });

  it('compares with what it told last', async () => {
    write(fileOf(''));
    await start();
    write(fileOf('ipvs: { scheduler: lc }'));
    await heardLines(1);
    write(fileOf('ipvs: { scheduler: lc }\noomScoreAdj: 1\nhostnameOverride: b'));
    await heardLines(2);
    assert.deepEqual(heard.slice(1), ['restart hostnameOverride,oomScoreAdj: lc 1']);
  });

  it('sees the links of a mounted ConfigMap swapped', async () => {
    const version = (name: string, text: string): void => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'config.conf'), text);
    };
    version('..1', fileOf(''));
    symlinkSync('..1', join(folder, '..data'));
    symlinkSync(join('..data', 'config.conf'), file);
    await start();
    version('..2', fileOf('oomScoreAdj: 7'));
    symlinkSync('..2', join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    rmSync(join(folder, '..1'), { recursive: true });
    await heardLines(1);
    assert.deepEqual(heard, ['live oomScoreAdj: rr 7']);
  });

  it('complains of a broken file once, keeps the settings, and goes on from them', async () => {
    write(fileOf('oomScoreAdj: 1'));
    await start({ pollMs: 20, settleMs: 10 });
    write(fileOf('oomScoreAdj: x'));
    await heardLines(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(heard, [
      `broken: ${file}: oomScoreAdj is "x"; must be a whole number from -1000 to 1000`,
    ]);
    write(fileOf('oomScoreAdj: 1'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(heard.length, 1);
    write(fileOf('oomScoreAdj: 2'));
    await heardLines(2);
    assert.equal(heard[1], 'live oomScoreAdj: rr 2');
  });

  it('complains of a file that is gone', async () => {
    write(fileOf(''));
    await start({ pollMs: 20, settleMs: 10 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    rmSync(file);
    await heardLines(1);
    assert.match(heard[0] ?? '', /^broken: .*: cannot be read: ENOENT/);
  });

  it('sees a change from time to time where nobody tells of it', async () => {
    write(fileOf(''));
    await start({ pollMs: 20, settleMs: 3_600_000 });
    write(fileOf('oomScoreAdj: 3'));
    await heardLines(1);
    assert.deepEqual(heard, ['live oomScoreAdj: rr 3']);
  });

  it('names unknown fields of a new file, not those of the one that was there', async () => {
    write(fileOf('old: 1'));
    await start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(heard, []);
    write(fileOf('ipvs: { shedule: lc }'));
    await heardLines(1);
    assert.match(heard.join(), /^unknown: .*ipvs\.shedule is not a field.*$/);
  });

  it('says nothing after it was closed', async () => {
    write(fileOf(''));
    await start({ pollMs: 10, settleMs: 5 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    watch?.close();
    write(fileOf('oomScoreAdj: 3'));
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.deepEqual(heard, []);
  });
});
