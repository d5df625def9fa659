import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import { apiServerWriter } from '../../../../src/serve/events/api-server-writer.ts';
import { nodeEvent } from '../../../../src/serve/events/event.ts';

const event = nodeEvent('node-a', 'KernelIncomplete', 'no sets');
const never = new AbortController().signal;

describe('writing an Event to the API server', () => {
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let write: ReturnType<typeof apiServerWriter>;

  beforeEach(async () => {
    server = createServer((request, response) => {
      answer(request, response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    // A server that listens on TCP has an address of this type.
    const { port } = server.address() as AddressInfo;
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'a', server: `http://127.0.0.1:${port}/`, skipTLSVerify: true },
      { name: 'b', token: 'secret' },
    );
    write = apiServerWriter(config, 'node-a');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('posts it to its namespace, with the credentials', async () => {
    const got: unknown[] = [];
    answer = (request, response) => {
      const { method, url, headers } = request;
      void json(request).then((body) => {
        // The body is what this test has sent.
        const { regarding, reason } = body as Record<string, unknown>;
        got.push({ method, url, type: headers['content-type'], regarding, reason });
        got.push(headers.authorization);
        response.writeHead(201).end('{}');
      });
    };
    await write(event, never);
    assert.deepEqual(got, [
      {
        method: 'POST',
        url: '/apis/events.k8s.io/v1/namespaces/default/events',
        type: 'application/json',
        regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-a', uid: 'node-a' },
        reason: 'KernelIncomplete',
      },
      'Bearer secret',
    ]);
  });

  it("rejects with the API server's own words where it refuses", async () => {
    answer = (_request, response) => {
      response.writeHead(403).end('{"kind":"Status","message":"events is forbidden: no right"}');
    };
    await assert.rejects(write(event, never), {
      message: 'the API server answers 403: events is forbidden: no right',
    });
  });

  it('rejects with the status where something else answers', async () => {
    answer = (_request, response) => {
      response.writeHead(502).end('<html>');
    };
    await assert.rejects(write(event, never), { message: 'the API server answers 502: <html>' });
  });

  it('ends when it is aborted', async () => {
    const end = new AbortController();
    answer = () => {
      end.abort();
    };
    await assert.rejects(write(event, end.signal), { name: 'AbortError' });
  });
});
