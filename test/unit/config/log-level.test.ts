import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { settingsOf } from '../../../src/cli/open-source.ts';

describe('logging.verbosity of the file', () => {
  let folder: string;
  let config: string;
  /** The messages of the log. */
  let lines: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-log-'));
    config = join(folder, 'config.conf');
    lines = [];
    writeFileSync(
      config,
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n' +
        'logging: { verbosity: 6 }\nportRange: ""\nmod: ipvs\n',
    );
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const log = () => pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });

  it('is the level of the log from then on', async () => {
    const logger = log();
    await settingsOf({ config }, logger);
    assert.equal(logger.level, 'trace');
  });

  it('gives way to the command line', async () => {
    const logger = log();
    await settingsOf({ config, logLevelGiven: true }, logger);
    assert.equal(logger.level, 'warn');
  });

  it('does not keep a warning about an unknown field from the log', async () => {
    await settingsOf({ config, logLevelGiven: true }, log());
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /mod is not a field .* did you mean mode\?/);
  });
});
