import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { startArguments } from '../../../hack/build/node-options.ts';
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

  // One letter that is not makes V8 decode all of a file at each start, and keep two bytes for each letter.
  it('is written in ASCII', () => {
    const others = scripts(built).flatMap((file) =>
      [...readFileSync(join(built, file), 'utf8').matchAll(/.{0,40}[^\0-\x7f]/g)].map(
        ([text]) => `${file}: ${text}`,
      ),
    );
    assert.deepEqual(others, []);
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

  it('starts by its name, with the option of its first line', () => {
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

  describe('with a compile cache, as the image has one', () => {
    let cache: string;
    before(() => {
      cache = join(folder, 'compile-cache');
      starts(built, cache);
    });

    it('takes its code from there, and leaves it as it is', () => {
      const before = cacheFiles(cache);
      assert.notDeepEqual(before, []);
      assert.equal(useOfCompiledCode(built, cache), 'accepted');
      assert.deepEqual(cacheFiles(cache), before);
    });

    it('passes over what is damaged', () => {
      const damaged = copyOf(cache, folder, 'damaged');
      for (const [file] of cacheFiles(damaged)) {
        writeFileSync(join(damaged, file), 'nothing that V8 knows');
      }
      starts(built, damaged);
    });

    it('passes over what was cut off', () => {
      const cut = copyOf(cache, folder, 'cut off');
      for (const [file] of cacheFiles(cut)) {
        writeFileSync(join(cut, file), readFileSync(join(cut, file)).subarray(0, -1000));
      }
      starts(built, cut);
    });

    it('passes over that of other options', () => {
      const others = copyOf(cache, folder, 'other options');
      assert.equal(useOfCompiledCode(built, others, ['--no-maglev']), 'not there');
    });

    it('passes over that of another text, even where that is as long', () => {
      const file = join(built, 'kube-ipvs.js');
      const text = readFileSync(file, 'utf8');
      const changed = text.replace(version, version.replace(/\d$/, '7'));
      assert.ok(changed.length === text.length && changed !== text);
      writeFileSync(file, changed);
      try {
        const env = withCache(copyOf(cache, folder, 'another text'));
        assert.match(program(built, ['--version'], env).stdout, /\.7$/m);
      } finally {
        writeFileSync(file, text);
      }
    });

    it('starts where the cache is no folder, and can be none', () => {
      const file = join(folder, 'file');
      writeFileSync(file, '');
      starts(built, file);
    });
  });
});

function node(args: readonly string[], env = process.env) {
  return spawnSync(process.execPath, args, { encoding: 'utf8', env });
}

function program(built: string, args: readonly string[], env = process.env) {
  return node([...startArguments(join(built, 'kube-ipvs.js')), ...args], env);
}

function starts(built: string, cache: string): void {
  const { stdout, stderr } = program(built, ['--version'], withCache(cache));
  assert.equal(stdout, `${version}\n`, stderr);
  assert.equal(stderr, '');
}

function withCache(cache: string): NodeJS.ProcessEnv {
  return { ...process.env, NODE_COMPILE_CACHE: cache };
}

/** What becomes of the program's code in the cache, as Node.js reports it in a start. */
function useOfCompiledCode(built: string, cache: string, options: readonly string[] = []): string {
  const { stderr } = node(
    [...options, ...startArguments(join(built, 'kube-ipvs.js')), '--version'],
    {
      ...withCache(cache),
      NODE_DEBUG_NATIVE: 'COMPILE_CACHE',
    },
  );
  const [, use] =
    /code cache for CommonJS \S+\/kube-ipvs\.js was (accepted|not initialized)/.exec(stderr) ?? [];
  return use === 'not initialized' ? 'not there' : (use ?? stderr);
}

function scripts(built: string): readonly string[] {
  return readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  );
}

/** The files of the cache with what they hold. */
function cacheFiles(cache: string): readonly (readonly [string, string])[] {
  return readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(cache, join(entry.parentPath, entry.name)))
    .map((file) => [file, readFileSync(join(cache, file), 'base64')] as const);
}

function copyOf(files: string, folder: string, name: string): string {
  const copy = join(folder, name);
  cpSync(files, copy, { recursive: true });
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
