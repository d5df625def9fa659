import assert from 'node:assert/strict';
import { event, list, status, watch } from '../../../support/api-server.ts';
import { named, path, ReflectorHarness } from '../../../support/reflector-harness.ts';
import { until } from '../../../support/until.ts';

describe('the reflector', () => {
  let harness: ReflectorHarness;

  beforeEach(async () => {
    harness = new ReflectorHarness();
    await harness.open();
  });

  afterEach(async () => {
    await harness.close();
  });

  it('lists in pages, then watches from the version of the list', async () => {
    harness.server.onList(
      path,
      list([named('a', '1'), named('ignored', '2')], { resourceVersion: '10', continue: 'next&' }),
      list([named('b', '3')], { resourceVersion: '10' }),
    );
    harness.server.onWatch(path, watch([event('ADDED', named('c', '11'))], 'open'));
    await harness.start().firstList;
    assert.deepEqual(harness.log, ['= a b']);
    await harness.logged('+ c');
    const [first, second] = harness.server.served('list', path);
    assert.equal(first?.query.get('limit'), '500');
    assert.equal(first.query.get('labelSelector'), '!service.kubernetes.io/service-proxy-name');
    assert.equal(first.query.get('continue'), null);
    assert.equal(second?.query.get('continue'), 'next&');
    const [watched] = harness.server.served('watch', path);
    assert.equal(watched?.query.get('resourceVersion'), '10');
    assert.equal(watched.query.get('allowWatchBookmarks'), 'true');
    assert.equal(watched.query.get('timeoutSeconds'), '300');
    assert.equal(watched.query.get('labelSelector'), '!service.kubernetes.io/service-proxy-name');
    assert.deepEqual(harness.complaints, []);
  });

  it('watches from the version of the first page: what changed since may be missing', async () => {
    harness.server.onList(
      path,
      list([named('a', '1')], { resourceVersion: '10', continue: 'next' }),
      list([named('b', '11')], { resourceVersion: '12' }),
    );
    harness.server.onWatch(path, watch([], 'open'));
    harness.start();
    await harness.watches(1);
    assert.equal(harness.server.served('watch', path)[0]?.query.get('resourceVersion'), '10');
  });

  it('tells of what is set, gone, and not wanted any more', async () => {
    harness.server.onList(path, list([], { resourceVersion: '10' }));
    harness.server.onWatch(
      path,
      watch(
        [
          event('ADDED', named('a', '11')),
          event('MODIFIED', named('a', '12')),
          event('MODIFIED', named('ignored', '13')),
          event('DELETED', named('a', '14')),
        ],
        'open',
      ),
    );
    harness.start();
    await harness.logged('- a');
    assert.deepEqual(harness.log, ['= ', '+ a', '+ a', '- ignored', '- a']);
  });

  it('watches again at once, from the last version, when a watch ends in peace', async () => {
    harness.server.onList(path, list([], { resourceVersion: '10' }));
    harness.server.onWatch(
      path,
      watch([event('ADDED', named('a', '11'))], 'end'),
      watch([event('BOOKMARK', { metadata: { resourceVersion: '20' }, spec: {} })], 'end'),
      watch([], 'end'),
      watch([], 'open'),
    );
    harness.start();
    await harness.watches(4);
    const versions = harness.server
      .served('watch', path)
      .map(({ query }) => query.get('resourceVersion'));
    assert.deepEqual(versions, ['10', '11', '20', '20']);
    assert.equal(harness.server.served('list', path).length, 1);
    assert.deepEqual(harness.sleeps, []);
    assert.deepEqual(harness.complaints, []);
  });

  it('waits when the server ends each watch at once', async () => {
    harness.watchMs = 0;
    harness.server.onList(path, list([], { resourceVersion: '10' }));
    harness.server.onWatch(path, watch([], 'end'));
    harness.start();
    await until('it has waited often', () => harness.sleeps.length >= 8);
    assert.deepEqual(
      harness.sleeps.slice(0, 8),
      [400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000],
    );
    // It may be the version that the server does not like.
    await until('it lists anew', () => harness.server.served('list', path).length >= 2);
  });

  it('goes on from the last version when the connection breaks', async () => {
    harness.server.onList(path, list([], { resourceVersion: '10' }));
    harness.server.onCheck(path, list([], { resourceVersion: '11' }));
    harness.server.onWatch(
      path,
      watch([event('ADDED', named('a', '11'))], 'break'),
      watch([], 'open'),
    );
    harness.start();
    await harness.watches(2);
    const [, second] = harness.server.served('watch', path);
    assert.equal(second?.query.get('resourceVersion'), '11');
    assert.equal(harness.server.served('list', path).length, 1);
    assert.deepEqual(harness.sleeps, [400]);
    assert.equal(harness.complaints.length, 1);
    assert.match(harness.complaints[0] ?? '', /^API server: cannot watch services: /);
  });

  it('lists anew, at once, when its version has expired', async () => {
    const expired = { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } };
    harness.server.onList(
      path,
      list([named('a', '1')], { resourceVersion: '10' }),
      list([named('b', '20')], { resourceVersion: '20' }),
    );
    harness.server.onWatch(
      path,
      watch([expired], 'end'),
      status(410, 'too old'),
      watch([], 'open'),
    );
    harness.start();
    await harness.watches(3);
    assert.deepEqual(harness.log, ['= a', '= b', '= b']);
    // The second time in a row it waits, and says why.
    assert.deepEqual(harness.sleeps, [800]);
    assert.deepEqual(harness.complaints, ['API server: cannot watch services: too old']);
  });

  it('starts the list over when a page has expired', async () => {
    harness.server.onList(
      path,
      list([named('a', '1')], { resourceVersion: '10', continue: 'x' }),
      status(410, 'the continue parameter is too old'),
      list([named('b', '1')], { resourceVersion: '20' }),
    );
    harness.server.onWatch(path, watch([], 'open'));
    await harness.start().firstList;
    assert.deepEqual(harness.log, ['= b']);
  });

  it('lists anew when the server cannot make sense of the version', async () => {
    harness.server.onList(
      path,
      list([], { resourceVersion: 'abc' }),
      list([], { resourceVersion: '20' }),
    );
    harness.server.onWatch(path, status(500, 'resourceVersion: Invalid value'), watch([], 'open'));
    harness.start();
    await harness.watches(2);
    assert.equal(harness.server.served('watch', path)[1]?.query.get('resourceVersion'), '20');
  });

  it('keeps its version, and waits as asked, when the server is busy', async () => {
    harness.server.onList(path, list([], { resourceVersion: '10' }));
    harness.server.onWatch(path, status(429, 'busy', { 'retry-after': '7' }), watch([], 'open'));
    harness.start();
    await harness.watches(2);
    assert.deepEqual(harness.sleeps, [7000]);
    assert.equal(harness.server.served('list', path).length, 1);
  });

  it('names the permission that is missing, once', async () => {
    harness.server.onList(
      path,
      status(403, 'forbidden'),
      status(403, 'forbidden'),
      list([], { resourceVersion: '10' }),
    );
    harness.server.onWatch(
      path,
      status(403, 'forbidden'),
      status(403, 'forbidden'),
      watch([], 'open'),
    );
    const reflector = harness.start();
    await reflector.firstAttempt;
    await harness.watches(3);
    assert.deepEqual(harness.complaints, [
      'API server: the permission is missing to list services: forbidden',
      'API server: the permission is missing to watch services: forbidden',
    ]);
    assert.deepEqual(harness.log, ['= ']);
  });

  it('tells when the credentials are not accepted', async () => {
    harness.server.onList(path, status(401, 'Unauthorized'));
    await harness.start().firstAttempt;
    await until('it is told', () => harness.complaints.length > 0);
    assert.deepEqual(harness.complaints, [
      'API server: the credentials are not accepted (to list services): Unauthorized',
    ]);
  });

  it('survives answers that are none', async () => {
    const text = (body: string) => (response: { end(body: string): unknown }) => response.end(body);
    harness.server.onList(
      path,
      text('hello'),
      text('{"items":5,"metadata":{"resourceVersion":"1"}}'),
      list([], { resourceVersion: '10' }),
    );
    harness.server.onWatch(
      path,
      text('hello\n'),
      text('{"type":"NEWS"}\n'),
      text('5\n'),
      watch([], 'open'),
    );
    harness.start();
    await harness.watches(4);
    assert.deepEqual(harness.complaints, [
      `API server: cannot list services: the answer is not a ServiceList: Unexpected token 'h', "hello" is not valid JSON`,
      'API server: cannot list services: the answer is not a ServiceList: of another kind',
      'API server: cannot watch services: the answer holds something that is not a watch event',
    ]);
  });

  it('resolves what is waited for when it is stopped early', async () => {
    harness.server.onList(path, () => undefined);
    const reflector = harness.start();
    await until('it has asked', () => harness.server.served('list', path).length > 0);
    await harness.stop();
    await Promise.all([reflector.firstAttempt, reflector.firstList]);
    assert.deepEqual(harness.log, []);
    assert.deepEqual(harness.complaints, []);
  });
});
