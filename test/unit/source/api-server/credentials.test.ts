import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { HttpTransport } from '../../../../src/source/api-server/http-transport.ts';
import { loadKubeConfig } from '../../../../src/source/api-server/kube-config.ts';
import { readText } from '../../../../src/source/api-server/transport.ts';
import { status, TestApiServer } from '../../../support/api-server.ts';
import { CertificateAuthority, haveOpenssl } from '../../../support/certificates.ts';
import { ConnectProxy, TlsServer } from '../../../support/tls-server.ts';

const never = new AbortController().signal;

describe('credentials that change while the program runs', function () {
  // Programs are started here: plugins, and openssl.
  this.timeout(20_000);

  let folder: string;
  let file: string;
  let transport: HttpTransport | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'credentials-'));
    file = join(folder, 'kubeconfig.conf');
  });

  afterEach(async () => {
    transport?.close();
    transport = undefined;
    await rm(folder, { recursive: true });
  });

  async function writeConfig(
    cluster: Record<string, unknown>,
    user: Record<string, unknown>,
  ): Promise<void> {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'default', cluster }],
      users: [{ name: 'default', user }],
      contexts: [{ name: 'default', context: { cluster: 'default', user: 'default' } }],
      'current-context': 'default',
    };
    await writeFile(file, stringify(config));
  }

  async function ask(): Promise<{ status: number; text: string }> {
    const reload = (): ReturnType<typeof loadKubeConfig> => loadKubeConfig({ file });
    transport ??= new HttpTransport(await reload(), { reload });
    const response = await transport.get('/x', never);
    return { status: response.status, text: await readText(response) };
  }

  describe('as tokens', () => {
    let server: TestApiServer;
    let accepted: string;

    beforeEach(async () => {
      accepted = 'first';
      server = new TestApiServer();
      await server.start();
      server.fallback = (response, request) => {
        const isAccepted = request.headers.authorization === `Bearer ${accepted}`;
        status(isAccepted ? 200 : 401, 'Unauthorized')(response, request);
      };
    });

    afterEach(async () => {
      await server.stop();
    });

    function cluster(): Record<string, unknown> {
      return { server: server.url, 'insecure-skip-tls-verify': true };
    }

    async function assertFollows(rotate: () => Promise<void>, attempts: number): Promise<void> {
      assert.equal((await ask()).status, 200);
      accepted = 'second';
      await rotate();
      for (let attempt = 1; attempt < attempts; attempt += 1) {
        assert.equal((await ask()).status, 401);
      }
      assert.equal((await ask()).status, 200);
    }

    it('in a file are read for each request, without the line feed at the end', async () => {
      const token = join(folder, 'token');
      await writeFile(token, 'first\n');
      await writeConfig(cluster(), { tokenFile: 'token' });
      await assertFollows(() => writeFile(token, 'second\n'), 1);
    });

    it('in a kubeconfig are read anew when they are refused', async () => {
      await writeConfig(cluster(), { token: 'first' });
      await assertFollows(() => writeConfig(cluster(), { token: 'second' }), 2);
    });

    it('of an exec plugin are asked for anew when they are refused', async () => {
      const tokenFile = join(folder, 'token');
      const plugin = join(folder, 'plugin.cjs');
      await writeFile(tokenFile, 'first');
      await writeFile(
        plugin,
        `const { apiVersion } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
         const token = require('node:fs').readFileSync(process.env.TOKEN_FILE, 'utf8');
         console.log(JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token } }));`,
      );
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: process.execPath,
        args: [plugin],
        env: [{ name: 'TOKEN_FILE', value: tokenFile }],
      };
      await writeConfig(cluster(), { exec });
      await assertFollows(() => writeFile(tokenFile, 'second'), 2);
    });

    it('of an exec plugin that hangs are not waited for by what is aborted', async () => {
      const args = ['-e', 'setTimeout(() => undefined, 1500)'];
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: process.execPath,
        args,
      };
      await writeConfig(cluster(), { exec });
      transport = new HttpTransport(await loadKubeConfig({ file }));
      const reason = new Error('stopped');
      const asked = transport.get('/x', AbortSignal.any([AbortSignal.abort(reason)]));
      await assert.rejects(asked, reason);
    });
  });

  describe('as certificates', () => {
    let authority: CertificateAuthority;
    let server: TlsServer;
    let proxy: ConnectProxy;

    beforeEach(async function () {
      if (!haveOpenssl) {
        console.warn('no openssl: skipped');
        this.skip();
      }
      authority = new CertificateAuthority(folder);
      server = new TlsServer(authority, authority.issue('server'));
      proxy = new ConnectProxy();
      await server.start();
      await proxy.start();
    });

    afterEach(async () => {
      await server.stop();
      await proxy.stop();
    });

    async function useCertificate(name: string): Promise<void> {
      const { certFile, keyFile } = authority.issue(name);
      await copyFile(certFile, join(folder, 'client.crt'));
      await copyFile(keyFile, join(folder, 'client.key'));
    }

    const user = { 'client-certificate': 'client.crt', 'client-key': 'client.key' };

    it('are read for each request', async () => {
      await useCertificate('one');
      await writeConfig({ server: server.url, 'certificate-authority': authority.certFile }, user);
      assert.equal((await ask()).text, 'one');
      await useCertificate('two');
      assert.equal((await ask()).text, 'two');
    });

    it('are read for each request through a proxy too', async () => {
      await useCertificate('one');
      const cluster = {
        server: server.url,
        'certificate-authority': authority.certFile,
        'proxy-url': proxy.url,
      };
      await writeConfig(cluster, user);
      assert.equal((await ask()).text, 'one');
      assert.deepEqual(proxy.targets, [server.url.replace('https://', '')]);
      await useCertificate('two');
      assert.equal((await ask()).text, 'two');
      assert.equal(proxy.targets.length, 2);
    });

    it('of an authority that is not the cluster’s are not believed', async () => {
      await useCertificate('one');
      await writeConfig({ server: server.url }, user);
      await assert.rejects(ask(), /self-signed certificate|unable to/);
    });
  });
});
