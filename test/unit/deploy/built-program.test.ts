import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nodeOptionsOf, startArguments } from '../../../hack/build/node-options.ts';
import { repository } from '../../support/deployed.ts';
import { version } from '../../../src/base/version.ts';

describe('the built program', function () {
  this.timeout(60_000);
  let folder: string;
  let built: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-built.'));
    const { stderr, status } = node([join(repository, 'hack/build.ts'), join(folder, 'built')]);
    assert.equal(status, 0, stderr);
    // Whatever it needs is in its folder, wherever that is.
    built = join(folder, 'copied');
    renameSync(join(folder, 'built'), built);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('holds nothing of the generated API of Kubernetes', () => {
    const texts = scripts(built).map((file) => readFileSync(join(built, file), 'utf8'));
    assert.ok(texts.some((text) => text.includes('KubeConfig')));
    assert.ok(!texts.some((text) => /CoreV1Api|V1PodSpec/.test(text)));
  });

  it('is one file that stays below 600 kB, and others that it loads seldom', () => {
    assert.ok(readFileSync(join(built, 'program.js')).length < 600_000);
  });

  it('reads manifests, and writes a log for terminals', () => {
    const manifests = join(folder, 'manifests');
    mkdirSync(manifests);
    writeFileSync(
      join(manifests, 'web.yaml'),
      'apiVersion: v1\nkind: Service\nmetadata: { name: No Name }\n',
    );
    const args = ['plan', '--manifests', manifests, '--log-format', 'pretty', '--node-name', 'a'];
    const { stdout, stderr, status } = program(built, args);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /VIRTUAL SERVER/);
    assert.match(stderr, /\] ERROR: .*metadata\.name/);
  });

  it('starts by its name, with the options of its first line', () => {
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
    const { stdout, stderr } = spawnSync(join(built, 'kube-ipvs.js'), ['--version'], {
      encoding: 'utf8',
      env,
    });
    assert.equal(stdout, `${version}\n`, stderr);
  });

  for (const [scheme, error] of [
    ['http', /ECONNREFUSED/],
    ['socks5', /ECONNREFUSED/],
  ] as const) {
    it(`asks an API server by way of a proxy, ${scheme}`, () => {
      const kubeconfig = writeKubeConfig(folder, `${scheme}://127.0.0.1:1`);
      const args = ['plan', '--kubeconfig', kubeconfig, '--timeout', '1s', '--node-name', 'a'];
      assert.match(program(built, args).stderr, error);
    });
  }

  describe('with its compile cache', () => {
    it('takes its code from there, and leaves it as it is', () => {
      const before = cacheFiles(built);
      assert.notDeepEqual(before, []);
      assert.equal(useOfCompiledCode(built), 'accepted');
      assert.deepEqual(cacheFiles(built), before);
    });

    it('starts without one, and makes none', () => {
      const copy = copyOf(built, folder, 'without');
      rmSync(join(copy, 'compile-cache'), { recursive: true });
      starts(copy);
      assert.ok(!existsSync(join(copy, 'compile-cache')));
    });

    it('starts with one that is damaged', () => {
      const copy = copyOf(built, folder, 'damaged');
      for (const [file] of cacheFiles(copy)) {
        writeFileSync(file, 'nothing that V8 knows');
      }
      starts(copy);
    });

    it('starts with one that was cut off', () => {
      const copy = copyOf(built, folder, 'cut off');
      const file = join(copy, 'compile-cache', 'program');
      writeFileSync(file, readFileSync(file).subarray(0, -1000));
      starts(copy);
      assert.equal(useOfCompiledCode(copy), 'rejected');
    });

    it('passes over that of other options', () => {
      assert.equal(useOfCompiledCode(built, ['--no-maglev']), 'rejected');
    });

    it('passes over that of another text, even where that is as long', () => {
      const copy = copyOf(built, folder, 'changed');
      const text = readFileSync(join(copy, 'program.js'), 'utf8');
      const changed = text.replace(version, version.replace(/\d$/, '7'));
      assert.ok(changed.length === text.length && changed !== text);
      writeFileSync(join(copy, 'program.js'), changed);
      assert.equal(useOfCompiledCode(copy), 'none');
      assert.match(program(copy, ['--version']).stdout, /\.7$/m);
    });

    it('holds what is compiled when it is first called', () => {
      // As long as the text alone and what Node.js keeps of it would be, it holds little more.
      const text = readFileSync(join(built, 'program.js'));
      const file = readFileSync(join(built, 'compile-cache', 'program'));
      assert.ok(file.length > 2 * text.length, `${file.length} bytes for ${text.length}`);
    });

    it('starts where the cache is no folder', () => {
      const copy = copyOf(built, folder, 'file');
      rmSync(join(copy, 'compile-cache'), { recursive: true });
      writeFileSync(join(copy, 'compile-cache'), '');
      starts(copy);
    });
  });
});

function node(args: readonly string[], env = process.env) {
  return spawnSync(process.execPath, args, { encoding: 'utf8', env });
}

function program(built: string, args: readonly string[], env = process.env) {
  return node([...startArguments(join(built, 'kube-ipvs.js')), ...args], env);
}

function starts(built: string): void {
  const { stdout, stderr } = program(built, ['--version']);
  assert.equal(stdout, `${version}\n`, stderr);
  assert.equal(stderr, '');
}

/** What V8 does with the compiled code of the cache, in a start that prints the version. */
function useOfCompiledCode(built: string, options: readonly string[] = []): string {
  const file = JSON.stringify(join(built, 'kube-ipvs.js'));
  const lines = [
    `process.argv = [process.execPath, ${file}, '--version']`,
    `const { started } = require(${file})`,
    `const uses = new Map([[true, 'rejected'], [false, 'accepted'], [undefined, 'none']])`,
    `console.error(uses.get(started.script.cachedDataRejected))`,
  ];
  const { stdout, stderr } = node([
    ...nodeOptionsOf(join(built, 'kube-ipvs.js')),
    ...options,
    ...['-e', lines.join(';')],
  ]);
  assert.match(stdout, /^\d+\.\d+\.\d+$/m, stderr);
  return stderr.trim();
}

function scripts(built: string): readonly string[] {
  return readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  );
}

/** The files of the cache with what they hold. */
function cacheFiles(built: string): readonly (readonly [string, string])[] {
  const cache = join(built, 'compile-cache');
  return readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => [file, readFileSync(file, 'base64')] as const);
}

function copyOf(built: string, folder: string, name: string): string {
  const copy = join(folder, name);
  cpSync(built, copy, { recursive: true });
  return copy;
}

function writeKubeConfig(folder: string, proxy: string): string {
  const file = join(folder, 'kubeconfig');
  const cluster = { server: 'https://127.0.0.1:1', 'proxy-url': proxy };
  const config = {
    clusters: [{ name: 'a', cluster }],
    users: [{ name: 'a', user: { token: 'secret' } }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    'current-context': 'a',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
