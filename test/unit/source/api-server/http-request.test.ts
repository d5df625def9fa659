import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import net, { type AddressInfo, type Socket } from 'node:net';
import { HttpTransport } from '../../../../src/source/api-server/http-transport.ts';
import { readText, UnreachableError } from '../../../../src/source/api-server/transport.ts';
import { list, TestApiServer } from '../../../support/api-server.ts';
import { plainKubeConfig } from '../../../support/kube-config.ts';
import { until } from '../../../support/until.ts';

const never = new AbortController().signal;

describe('a request to the API server', () => {
  let server: TestApiServer;
  let transport: HttpTransport;
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    server = new TestApiServer();
    await server.start();
    transport = new HttpTransport(await plainKubeConfig(server.url));
    server.onList('/x', list([], { resourceVersion: '1' }));
  });

  afterEach(async () => {
    transport.close();
    sockets.forEach((socket) => socket.destroy());
    sockets.clear();
    await server.stop();
  });

  async function transportTo(url: string, connectLimitMs = 1000): Promise<HttpTransport> {
    transport.close();
    transport = new HttpTransport(await plainKubeConfig(url), { connectLimitMs });
    return transport;
  }

  it('tells how each request was answered, but for those that were given up', async () => {
    const told: string[] = [];
    const requested = (...answer: readonly unknown[]) => told.push(answer.join(' '));
    const { host } = new URL(server.url);
    transport = new HttpTransport(await plainKubeConfig(server.url), { requested });
    await readText(await transport.get('/x', never));
    await readText(await transport.get('/nothing', never));
    await assert.rejects(transport.get('/x', AbortSignal.abort()));
    await server.stop();
    await assert.rejects(transport.get('/x', never));
    assert.deepEqual(told, [`${host} GET 200`, `${host} GET 404`, `${host} GET none`]);
  });

  it('tells when it is sent, before there is an answer', async () => {
    const told: string[] = [];
    const options = { sent: () => told.push('sent'), requested: () => told.push('answered') };
    transport = new HttpTransport(await plainKubeConfig(server.url), options);
    await readText(await transport.get('/x', never));
    assert.deepEqual(told, ['sent', 'answered']);
  });

  it('is not sent where no server takes it', async () => {
    const { url } = server;
    await server.stop();
    const sent = () => assert.fail('there is nobody');
    transport = new HttpTransport(await plainKubeConfig(url), { sent });
    await assert.rejects(transport.get('/x', never));
  });

  it('tells when there is no server, without waiting', async () => {
    const { url } = server;
    await server.stop();
    const startedAt = performance.now();
    await assert.rejects((await transportTo(url)).get('/x', never), (error) => {
      assert.ok(error instanceof UnreachableError);
      assert.match(error.message, /^connect ECONNREFUSED 127\.0\.0\.1:/);
      return true;
    });
    assert.ok(performance.now() - startedAt < 500);
  });

  it('tells when there is no server at any address of a name', async () => {
    const { url } = server;
    await server.stop();
    await assert.rejects(
      (await transportTo(url.replace('127.0.0.1', 'localhost'))).get('/x', never),
      (error) => error instanceof UnreachableError && error.message.includes('ECONNREFUSED'),
    );
  });

  it('gives up when the connection does not come about in time', async () => {
    const { child, port } = await fullServer(sockets);
    try {
      await assert.rejects(
        (await transportTo(`http://127.0.0.1:${port}`, 50)).get('/x', never),
        (error) => error instanceof UnreachableError && error.message.includes('within 0.05 s'),
      );
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('takes a balancer without servers, which accepts and hangs up, for no server', async () => {
    const balancer = net.createServer((socket) => socket.destroy());
    balancer.listen(0, '127.0.0.1');
    await once(balancer, 'listening');
    const { port } = balancer.address() as AddressInfo;
    await assert.rejects(
      (await transportTo(`https://127.0.0.1:${port}`)).get('/x', never),
      UnreachableError,
    );
    balancer.close();
  });

  it('that a server drops is another failure: the server was there', async () => {
    server.onList('/x', (response) => response.destroy());
    await assert.rejects(transport.get('/x', never), (error) => {
      assert.ok(error instanceof Error && !(error instanceof UnreachableError));
      return true;
    });
  });

  it('is sent again when the kept connection turns out to be closed', async () => {
    await readText(await transport.get('/x', never));
    server.onList('/x', (response) => response.destroy(), list([], { resourceVersion: '1' }));
    assert.equal((await transport.get('/x', never)).status, 200);
    assert.equal(server.requests.length, 3);
  });

  it('ends when it is aborted, before and after its answer has begun', async () => {
    const reason = new Error('enough');
    for (const answer of ['silent', 'begun'] as const) {
      server.onList('/x', (response) => answer === 'begun' && response.write('begun'));
      const controller = new AbortController();
      const asked = server.requests.length;
      const text = transport.get('/x', controller.signal).then(readText);
      await until('it is asked', () => server.requests.length > asked);
      controller.abort(reason);
      await assert.rejects(text);
    }
  });

  it('asks the kernel to find out whether a silent peer lives', async function () {
    if (process.platform !== 'linux') {
      console.warn('/proc/net/tcp is Linux: skipped');
      this.skip();
    }
    server.onList('/x', (response) => response.write('begun'));
    const controller = new AbortController();
    const response = await transport.get('/x', controller.signal);
    const port = Number(new URL(server.url).port).toString(16).toUpperCase().padStart(4, '0');
    const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n');
    const row = rows.find((line) => line.trim().split(/\s+/)[2] === `0100007F:${port}`);
    // tr: 02 is the keepalive timer; tm->when: its rest, in hundredths of a second.
    const [timer = '', rest = ''] = row?.trim().split(/\s+/)[5]?.split(':') ?? [];
    assert.equal(timer, '02');
    const restMs = parseInt(rest, 16) * 10;
    assert.ok(restMs > 20_000 && restMs <= 30_000, `${restMs} ms`);
    controller.abort();
    await assert.rejects(readText(response));
  });
});

/** A server that answers no connection any more: its queue is full. */
async function fullServer(sockets: Set<Socket>): Promise<{ child: ChildProcess; port: number }> {
  const program = `const server = require('node:net').createServer().listen(
    { port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  child.kill('SIGSTOP');
  for (let count = 0; count < 4; count += 1) {
    sockets.add(net.connect(port, '127.0.0.1').on('error', () => undefined));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return { child, port };
}
