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

  async function writeConfig(
    user: Record<string, unknown>,
    more: Record<string, unknown> = {},
  ): Promise<string> {
    const file = join(folder, 'kubeconfig.conf');
    const cluster = { server: server.url, 'insecure-skip-tls-verify': true };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'default', cluster: { ...cluster, ...more } }],
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

  it('gives way to the address of a server that is named', async () => {
    const file = await writeConfig({ token: 'secret' });
    const config = await loadKubeConfig({ file, server: '10.0.0.5:6443' });
    assert.equal(config.getCurrentCluster()?.server, 'https://10.0.0.5:6443');
    const plain = await loadKubeConfig({ file, server: 'http://[fd00::1]:8080/' });
    assert.equal(plain.getCurrentCluster()?.server, 'http://[fd00::1]:8080');
    await assert.rejects(loadKubeConfig({ file, server: 'ftp://x' }), {
      message: `the API server's address is "ftp://x"; must be like https://10.0.0.5:6443`,
    });
    await assert.rejects(loadKubeConfig({ file, server: 'https://' }), /must be like/);
  });

  it('may name a proxy, which goes before that of the environment', async () => {
    const file = await writeConfig({ token: 'secret' });
    await withVariables({ HTTPS_PROXY: 'http://proxy.example', NO_PROXY: undefined }, async () => {
      const config = await loadKubeConfig({ file, server: 'https://10.0.0.5:6443' });
      assert.equal(config.getCurrentCluster()?.proxyUrl, 'http://proxy.example');
      const own = await writeConfig({ token: 'secret' }, { 'proxy-url': 'socks5://own.example' });
      const named = await loadKubeConfig({ file: own, server: 'https://10.0.0.5:6443' });
      assert.equal(named.getCurrentCluster()?.proxyUrl, 'socks5://own.example');
    });
  });

  it('is not needed in a Pod: its service account and the variables tell all', async () => {
    const variables = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    await withVariables(variables, async () => {
      const config = await loadKubeConfig({ file: undefined });
      assert.equal(config.getCurrentCluster()?.server, 'https://[fd00::1]:443');
      const root = '/var/run/secrets/kubernetes.io/serviceaccount';
      assert.equal(config.getCurrentCluster()?.caFile, `${root}/ca.crt`);
      assert.deepEqual(config.getCurrentUser()?.authProvider, {
        name: 'kube-ipvs-token-file',
        file: `${root}/token`,
      });
      // The variables name a cluster IP, which this program itself is to make work.
      const named = await loadKubeConfig({ file: undefined, server: 'https://10.0.0.5:6443' });
      assert.equal(named.getCurrentCluster()?.server, 'https://10.0.0.5:6443');
      assert.equal(named.getCurrentCluster()?.caFile, `${root}/ca.crt`);
    });
  });
});

/** Runs with variables of the environment set (or unset), and puts them back. */
async function withVariables(
  variables: Readonly<Record<string, string | undefined>>,
  run: () => Promise<void>,
): Promise<void> {
  const before = { ...process.env };
  const assign = (values: Readonly<Record<string, string | undefined>>): void => {
    for (const name of Object.keys(variables)) {
      const value = values[name];
      if (value === undefined) {
        Reflect.deleteProperty(process.env, name);
      } else {
        process.env[name] = value;
      }
    }
  };
  assign(variables);
  try {
    await run();
  } finally {
    assign(before);
  }
}
