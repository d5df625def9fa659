import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpEndpoint, type Route } from '../../../../src/serve/http/http-endpoint.ts';
import { until } from '../../../support/until.ts';

const retryMs = 20;
const host = '127.0.0.1';

describe('an HTTP endpoint', () => {
  let port: number;
  let failures: string[];
  let endpoint: HttpEndpoint;
  let asked: string[];

  const route: Route = (path) => {
    asked.push(path);
    switch (path) {
      case '/good':
        return { status: 203, headers: { 'Content-Type': 'text/x-test' }, body: 'fine' };
      case '/parts':
        return { status: 200, headers: {}, body: inParts('a', 'b', 'c') };
      case '/breaks-off':
        return { status: 200, headers: {}, body: inParts('a', new Error('secret reason')) };
      case '/throws':
        throw new Error('secret reason');
      case '/rejects':
        return Promise.reject(new Error('secret reason'));
      case '/bad-header':
        return { status: 200, headers: { 'X-Bad': 'a\nb' }, body: '' };
      default:
        return undefined;
    }
  };

  beforeEach(async () => {
    port = await freePort();
    failures = [];
    asked = [];
    endpoint = new HttpEndpoint({
      address: { host, port },
      route,
      failed: (error) => failures.push(error.message.split(' ')[1] ?? ''),
      retryMs,
    });
  });

  afterEach(() => {
    endpoint.stop();
  });

  it('answers a GET with status, headers and body of its route', async () => {
    await started();
    const response = await request('/good');
    assert.equal(response.status, 203);
    assert.equal(response.headers.get('content-type'), 'text/x-test');
    assert.equal(await response.text(), 'fine');
  });

  it('answers in parts where the body has some', async () => {
    await started();
    assert.equal(await (await request('/parts')).text(), 'abc');
    const head = await fetch(`http://${host}:${port}/parts`, { method: 'HEAD' });
    assert.equal(head.status, 200);
  });

  it('shows that an answer is not complete whose parts broke off', async () => {
    await started();
    await assert.rejects(async () => (await request('/breaks-off')).text());
    assert.equal(await (await request('/good')).text(), 'fine');
  });

  it('asks its route for the path without the query', async () => {
    await started();
    asked = [];
    assert.equal((await request('/good?verbose=1&x=?')).status, 203);
    assert.deepEqual(asked, ['/good']);
  });

  it('answers a HEAD as a GET, without the body', async () => {
    await started();
    const response = await request('/good', 'HEAD');
    assert.equal(response.status, 203);
    assert.equal(response.headers.get('content-type'), 'text/x-test');
    assert.equal(await response.text(), '');
  });

  it('answers 404 for a path that is not served', async () => {
    await started();
    assert.equal((await request('/other')).status, 404);
  });

  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    it(`answers 405 to ${method}, without asking its route`, async () => {
      await started();
      asked = [];
      const response = await request('/good', method);
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'GET, HEAD');
      assert.deepEqual(asked, []);
    });
  }

  for (const path of ['/throws', '/rejects', '/bad-header']) {
    it(`answers 500 without the reason where the route fails (${path}), and goes on`, async () => {
      await started();
      const response = await request(path);
      assert.equal(response.status, 500);
      assert.equal(await response.text(), '');
      assert.equal((await request('/good')).status, 203);
    });
  }

  it('tells of a port that is taken, and takes it once it is free', async () => {
    const other = await occupy(port);
    endpoint.start();
    await until('it has failed twice', () => failures.length >= 2);
    assert.ok(failures.every((code) => code === 'EADDRINUSE:'));
    await close(other);
    await untilAnswers(true);
    assert.equal((await request('/good')).status, 203);
  });

  it('does not try again after it was stopped', async () => {
    const other = await occupy(port);
    endpoint.start();
    await until('it has failed', () => failures.length >= 1);
    endpoint.stop();
    await close(other);
    await sleep(3 * retryMs);
    assert.equal(await answers(), false);
  });

  it('does not listen where it is stopped while it starts', async () => {
    endpoint.start();
    endpoint.stop();
    await sleep(3 * retryMs);
    assert.equal(await answers(), false);
  });

  it('does not try again where it is stopped while it finds its port taken', async () => {
    const other = await occupy(port);
    endpoint.start();
    endpoint.stop();
    await sleep(retryMs / 2);
    await close(other);
    await sleep(3 * retryMs);
    assert.equal(await answers(), false);
  });

  it('frees its port when it is stopped, though a client keeps its connection', async () => {
    await started();
    await request('/good');
    endpoint.stop();
    await untilAnswers(false);
    await close(await occupy(port));
  });

  it('can be stopped before it is started', () => {
    endpoint.stop();
    assert.deepEqual(failures, []);
  });

  async function started(): Promise<void> {
    endpoint.start();
    await untilAnswers(true);
  }

  async function untilAnswers(wanted: boolean): Promise<void> {
    const deadline = performance.now() + 1500;
    while ((await answers()) !== wanted) {
      assert.ok(performance.now() < deadline, 'in vain');
      await sleep(5);
    }
  }

  function request(path: string, method = 'GET'): Promise<Response> {
    return fetch(`http://${host}:${port}${path}`, { method, signal: AbortSignal.timeout(1000) });
  }

  async function answers(): Promise<boolean> {
    try {
      await (await request('/good')).text();
      return true;
    } catch {
      return false;
    }
  }
});

async function freePort(): Promise<number> {
  const server = await occupy(0);
  // A TCP server that listens has an address with a port.
  const { port } = server.address() as AddressInfo;
  await close(server);
  return port;
}

async function occupy(port: number): Promise<Server> {
  const server = createServer((_request, response) => response.destroy());
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

async function* inParts(...parts: readonly (string | Error)[]): AsyncGenerator<string> {
  for (const part of parts) {
    await sleep(1);
    if (part instanceof Error) {
      throw part;
    }
    yield part;
  }
}
