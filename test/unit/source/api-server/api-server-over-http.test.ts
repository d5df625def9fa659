import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterStore } from '../../../../src/cluster/store.ts';
import { formatProblem } from '../../../../src/base/problem.ts';
import { ApiServerSource } from '../../../../src/source/api-server/api-server-source.ts';
import { systemClock, type Clock } from '../../../../src/source/api-server/clock.ts';
import { HttpTransport } from '../../../../src/source/api-server/http-transport.ts';
import {
  tokenFileAuthenticator,
  withTokenFile,
} from '../../../../src/source/api-server/token-file.ts';
import { status, TestApiServer, type ServedRequest } from '../../../support/api-server.ts';
import { CountingObserver } from '../../../support/counting-observer.ts';
import { asModelObject } from '../../../support/fault-world.ts';
import { plainKubeConfig } from '../../../support/kube-config.ts';
import { rawNode, rawService, rawSlice } from '../../../support/manifests.ts';
import { ModelApi, paths } from '../../../support/model-api.ts';
import { until } from '../../../support/until.ts';

/** A clock that runs fifty times as fast: the longest silence takes three seconds. */
const speed = 50;

const fastClock: Clock = {
  now: () => systemClock.now() * speed,
  random: () => Math.random(),
  after: (ms, callback) => systemClock.after(ms / speed, callback),
  sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
};

type Serve = (request: ServedRequest, response: ServerResponse, pass: () => void) => void;

describe('over real connections, the source', function () {
  this.timeout(20_000);

  let server: TestApiServer;
  let model: ModelApi;
  let store: ClusterStore;
  let source: ApiServerSource;
  let observer: CountingObserver;
  let complaints: string[];
  /** What the server does with a request; `pass` lets the model answer it. */
  let serve: Serve;

  beforeEach(async () => {
    server = new TestApiServer();
    await server.start();
    model = new ModelApi(fastClock);
    serve = (_request, _response, pass) => {
      pass();
    };
    server.fallback = (response, request) => {
      serve(request, response, () => {
        passOn(request, response);
      });
    };
    observer = new CountingObserver();
    complaints = [];
    model.put(paths.nodes, asModelObject(rawNode('node-a')));
    model.put(paths.services, asModelObject(rawService('web')));
    model.put(paths.slices, asModelObject(rawSlice('web-x1', 'web')));
  });

  afterEach(async () => {
    const startedAt = performance.now();
    await source.stop();
    assert.ok(performance.now() - startedAt < 1000, 'it stops at once');
    await server.stop();
  });

  /** Lets the model answer over HTTP. */
  function passOn({ path, query }: ServedRequest, response: ServerResponse): void {
    const leave = model.answer(`${path}?${query.toString()}`, {
      head: (code, headers) => {
        response.writeHead(code, headers);
        response.flushHeaders();
      },
      write: (text) => response.write(text),
      end: () => response.end(),
      break: () => response.destroy(),
    });
    response.on('close', leave);
  }

  async function start(transport?: HttpTransport): Promise<void> {
    store = new ClusterStore();
    source = new ApiServerSource({
      kubeconfig: undefined,
      nodeName: 'node-a',
      onProblem: (problem) => complaints.push(formatProblem(problem)),
      transport: transport ?? new HttpTransport(await plainKubeConfig(server.url)),
      clock: fastClock,
      observer,
    });
    await source.start(store);
  }

  async function assertFollows(): Promise<void> {
    const name = `late-${model.version}`;
    model.put(paths.services, asModelObject(rawService(name)));
    await until('the change is there', () => store.service(`default/${name}`) !== undefined);
    assert.ok(store.service('default/web'));
    assert.equal(store.slices('default/web').length, 1);
  }

  function watchesAsked(): number {
    return server.requests.filter(({ query }) => query.has('watch')).length;
  }

  /** Ends the watches, once they have lasted for more than a second by their clock. */
  async function endWatches(): Promise<void> {
    await until('all are watched', () => watchesAsked() >= 3);
    await fastClock.sleep(5000, new AbortController().signal);
    const asked = watchesAsked();
    model.endWatches();
    await until('all are watched again', () => watchesAsked() >= asked + 3);
  }

  it('follows a cluster through watches that end as agreed', async () => {
    await start();
    for (let count = 1; count <= 3; count += 1) {
      await endWatches();
      await assertFollows();
    }
    assert.equal(observer.count('watch services'), 4);
    assert.equal(observer.count('list services'), 1);
    assert.deepEqual(complaints, []);
  });

  it('goes on after a list or a watch that breaks anywhere', async () => {
    for (const asked of ['list', 'watch'] as const) {
      for (const part of [0, 0.1, 0.5, 0.9, 1]) {
        let isMet = false;
        serve = ({ path, query }, response, pass) => {
          if (!isMet && path === paths.services && query.has('watch') === (asked === 'watch')) {
            isMet = true;
            breakAfter(response, part);
          }
          pass();
        };
        await start();
        await assertFollows();
        await assertFollows();
        assert.equal(isMet, true);
        await source.stop();
      }
    }
  });

  it('replaces connections that stay open and say nothing', async () => {
    await start();
    // The proxies on the way hold the connection; the server has forgotten it.
    let held = 0;
    serve = ({ query }, response, pass) => {
      if (query.has('watch') && held < 3) {
        held += 1;
        response.writeHead(200).flushHeaders();
      } else {
        pass();
      }
    };
    model.endWatches();
    await until('three watches are held', () => held === 3);
    await assertFollows();
    const resources = ['services', 'endpointslices', 'nodes'];
    const silences = resources.map((name) => observer.count(`${name}: silent`));
    assert.ok(silences.reduce((a, b) => a + b) <= 3);
    assert.equal(observer.count('list services'), 1);
  });

  it('waits for a server that is gone, and takes up where it was', async () => {
    await start();
    const { port } = new URL(server.url);
    await server.stop();
    await until('it has tried', () => observer.count('services: unreachable') >= 3);
    assert.ok(store.service('default/web'));
    await server.start(Number(port));
    await assertFollows();
    assert.equal(observer.count('list services'), 1);
  });

  it('follows a token that rotates, without a failure', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'token-'));
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'first');
    const accepted = new Set(['first']);
    serve = (request, response, pass) => {
      if (accepted.has(request.headers.authorization?.replace('Bearer ', '') ?? '')) {
        pass();
      } else {
        status(401, 'Unauthorized')(response, request);
      }
    };
    const config = await plainKubeConfig(server.url);
    config.addAuthenticator(tokenFileAuthenticator);
    config.users = config.users.map((user) => withTokenFile(user, tokenFile));
    await start(new HttpTransport(config));
    // As the kubelet does it: the old token is good for a while, and the file is swapped.
    accepted.add('second');
    await writeFile(`${tokenFile}.new`, 'second\n');
    await rename(`${tokenFile}.new`, tokenFile);
    await endWatches();
    const used = server.requests.slice(-3).map(({ headers }) => headers.authorization);
    assert.deepEqual(new Set(used), new Set(['Bearer second']));
    accepted.delete('first');
    await endWatches();
    await assertFollows();
    assert.equal(observer.count('list services'), 1);
    assert.deepEqual(complaints, []);
    await rm(folder, { recursive: true });
  });
});

/** Breaks the connection when this part of what is written has been sent. */
function breakAfter(response: ServerResponse, part: number): void {
  const write = response.write.bind(response);
  response.write = (text: string): boolean => {
    const isSent = write(text.slice(0, Math.floor(text.length * part)));
    setImmediate(() => response.destroy());
    return isSent;
  };
  response.end = (): ServerResponse => response;
}
