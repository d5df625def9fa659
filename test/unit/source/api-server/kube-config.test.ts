import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { HttpTransport } from '../../../../src/source/api-server/http-transport.ts';
import { loadKubeConfig } from '../../../../src/source/api-server/kube-config.ts';
import { readText } from '../../../../src/source/api-server/transport.ts';
import { list, TestApiServer } from '../../../support/api-server.ts';

describe('a kubeconfig', () => {
  let folder = '';
  let server: TestApiServer;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
    server = new TestApiServer();
    await server.start();
    server.onList('/x', list([], { resourceVersion: '1' }));
  });

  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function writeConfig(user: Record<string, unknown>): Promise<string> {
    const file = join(folder, 'kubeconfig.conf');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'default', cluster: { server: server.url, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'default', user }],
      contexts: [{ name: 'default', context: { cluster: 'default', user: 'default' } }],
      'current-context': 'default',
    };
    await writeFile(file, stringify(config));
    return file;
  }

  async function authorizationSent(file: string): Promise<string | undefined> {
    const transport = new HttpTransport(await loadKubeConfig({ file }));
    try {
      await readText(await transport.get('/x', new AbortController().signal));
    } finally {
      transport.close();
    }
    return server.requests.at(-1)?.headers.authorization;
  }

  it('may hold a token', async () => {
    const file = await writeConfig({ token: 'secret' });
    assert.equal(await authorizationSent(file), 'Bearer secret');
  });

  it('may name the file of a token, relative to itself, and that goes before a token', async () => {
    await writeFile(join(folder, 'token'), 'from-file');
    const file = await writeConfig({ tokenFile: 'token', token: 'secret' });
    assert.equal(await authorizationSent(file), 'Bearer from-file');
  });

  it('that is not there or has no context is refused', async () => {
    await assert.rejects(loadKubeConfig({ file: join(folder, 'none') }), /ENOENT/);
    const file = join(folder, 'empty');
    await writeFile(file, 'apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n');
    await assert.rejects(loadKubeConfig({ file }), /no current context/);
  });
});
