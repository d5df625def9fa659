import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HealthCheckServers } from '../../../../src/serve/health/health-check-servers.ts';
import { until } from '../../../support/until.ts';

const retryMs = 20;

describe('the servers of health-check node ports', () => {
  let servers: HealthCheckServers;
  let failures: string[];
  let mended: string[];
  let healthy: boolean;

  beforeEach(() => {
    failures = [];
    mended = [];
    healthy = true;
    servers = new HealthCheckServers({
      isHealthy: () => healthy,
      failed: (service, port, error) => {
        failures.push(`${service} ${port} ${error.message.split(' ')[1] ?? ''}`);
      },
      mended: (service) => mended.push(service),
      retryMs,
    });
    servers.setAddresses(['127.0.0.1']);
  });

  afterEach(() => {
    servers.close();
  });

  it('answer for the Service, on any path', async () => {
    const nodePort = await freePort();
    servers.set('default/web', { nodePort, localEndpoints: 2 });
    await opened(nodePort);
    for (const path of ['/', '/healthz?x=1']) {
      const response = await fetch(`http://127.0.0.1:${nodePort}${path}`);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), 'application/json');
      assert.equal(response.headers.get('x-load-balancing-endpoint-weight'), '2');
      assert.deepEqual(await response.json(), {
        service: { namespace: 'default', name: 'web' },
        localEndpoints: 2,
        serviceProxyHealthy: true,
      });
    }
  });

  it('follow the number of endpoints and the health of the proxy without a new port', async () => {
    const nodePort = await freePort();
    servers.set('default/web', { nodePort, localEndpoints: 1 });
    await opened(nodePort);
    servers.set('default/web', { nodePort, localEndpoints: 0 });
    assert.equal(await statusAt(nodePort), 503);
    servers.set('default/web', { nodePort, localEndpoints: 3 });
    assert.equal(await statusAt(nodePort), 200);
    healthy = false;
    assert.equal(await statusAt(nodePort), 503);
    assert.deepEqual(failures, []);
  });

  it('keep the Services apart', async () => {
    const [one, two] = [await freePort(), await freePort()];
    servers.set('default/one', { nodePort: one, localEndpoints: 1 });
    servers.set('default/two', { nodePort: two, localEndpoints: 0 });
    await opened(one);
    await opened(two);
    assert.equal(await statusAt(one), 200);
    assert.equal(await statusAt(two), 503);
  });

  it('close with the health check, and open again', async () => {
    const nodePort = await freePort();
    servers.set('default/web', { nodePort, localEndpoints: 1 });
    await opened(nodePort);
    servers.set('default/web', undefined);
    await closed(nodePort);
    servers.set('default/web', { nodePort, localEndpoints: 1 });
    await opened(nodePort);
  });

  it('move with the port', async () => {
    const [before, after] = [await freePort(), await freePort()];
    servers.set('default/web', { nodePort: before, localEndpoints: 1 });
    await opened(before);
    servers.set('default/web', { nodePort: after, localEndpoints: 1 });
    await opened(after);
    await closed(before);
  });

  it('move with the addresses that answer on node ports', async () => {
    const nodePort = await freePort();
    servers.set('default/web', { nodePort, localEndpoints: 1 });
    await opened(nodePort);
    servers.setAddresses(['127.0.0.2']);
    await closed(nodePort);
    await eventually(async () => (await statusAt(nodePort, '127.0.0.2')) === 200);
    servers.setAddresses(undefined);
    await opened(nodePort);
    servers.setAddresses([]);
    await closed(nodePort);
  });

  it('go to the next Service where one gives its port away', async () => {
    const nodePort = await freePort();
    servers.set('default/one', { nodePort, localEndpoints: 0 });
    await opened(nodePort);
    servers.set('default/one', undefined);
    servers.set('default/two', { nodePort, localEndpoints: 1 });
    await eventually(async () => (await statusAt(nodePort)) === 200);
  });

  it('close connections that a load balancer keeps open', async () => {
    const nodePort = await freePort();
    servers.set('default/web', { nodePort, localEndpoints: 1 });
    await opened(nodePort);
    const response = await fetch(`http://127.0.0.1:${nodePort}/`, {
      headers: { connection: 'keep-alive' },
    });
    await response.text();
    servers.close();
    await closed(nodePort);
  });

  it('tell that a port is taken, and try again until it is free', async () => {
    const { server, port } = await occupiedPort();
    servers.set('default/web', { nodePort: port, localEndpoints: 1 });
    await until('the failure is told', () => failures.length > 0);
    assert.equal(failures[0], `default/web ${port} EADDRINUSE:`);
    assert.deepEqual(mended, []);
    await new Promise((resolve) => server.close(resolve));
    await opened(port);
    assert.deepEqual([failures.length, mended], [1, ['default/web']]);
  });

  it('do not try again where the port is no longer wanted', async () => {
    const { server, port } = await occupiedPort();
    servers.set('default/web', { nodePort: port, localEndpoints: 1 });
    servers.set('default/web', undefined);
    await new Promise((resolve) => setTimeout(resolve, 3 * retryMs));
    assert.deepEqual(failures, []);
    servers.set('default/web', { nodePort: port, localEndpoints: 1 });
    await until('the failure is told', () => failures.length > 0);
    servers.set('default/web', undefined);
    assert.deepEqual(mended, ['default/web']);
    await new Promise((resolve) => server.close(resolve));
    await new Promise((resolve) => setTimeout(resolve, 3 * retryMs));
    assert.equal(await statusAt(port), undefined);
  });

  it('that are taken do not keep the others from answering', async () => {
    const { server, port } = await occupiedPort();
    const nodePort = await freePort();
    servers.set('default/one', { nodePort: port, localEndpoints: 1 });
    servers.set('default/two', { nodePort, localEndpoints: 1 });
    await opened(nodePort);
    await new Promise((resolve) => server.close(resolve));
  });
});

/** The answer's status; undefined where nobody listens. */
async function statusAt(port: number, host = '127.0.0.1'): Promise<number | undefined> {
  try {
    const response = await fetch(`http://${host}:${port}/`, { headers: { connection: 'close' } });
    await response.text();
    return response.status;
  } catch {
    return undefined;
  }
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await holds()) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail('it did not come about within a second');
}

function opened(port: number): Promise<void> {
  return eventually(async () => (await statusAt(port)) !== undefined);
}

function closed(port: number): Promise<void> {
  return eventually(async () => (await statusAt(port)) === undefined);
}

/** A port that somebody else listens on. */
async function occupiedPort(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has an address of this type.
  const { port } = server.address() as AddressInfo;
  return { server, port };
}

async function freePort(): Promise<number> {
  const { server, port } = await occupiedPort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
