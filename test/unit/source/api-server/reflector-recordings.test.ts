import assert from 'node:assert/strict';
import { replay, watch } from '../../../support/api-server.ts';
import { haveRecordings, readRecording } from '../../../support/recordings.ts';
import { path, ReflectorHarness } from '../../../support/reflector-harness.ts';

describe('the reflector, against the answers of a real server,', () => {
  let harness: ReflectorHarness;

  beforeEach(async () => {
    harness = new ReflectorHarness();
    await harness.open();
  });

  afterEach(async () => {
    await harness.close();
  });

  before(function () {
    if (!haveRecordings) {
      console.warn('no recordings found (KUBE_IPVS_SHARED): skipped');
      this.skip();
    }
  });

  it('lists the pages and follows the events of a real server', async () => {
    harness.server.onList(
      path,
      ...['list-services-page-1', 'list-services-page-2', 'list-services-page-3'].map((name) =>
        replay(readRecording(name)),
      ),
    );
    harness.server.onWatch(path, replay(readRecording('watch-services')), watch([], 'open'));
    harness.start();
    await harness.watches(2);
    assert.deepEqual(harness.log, [
      '= kubernetes web-0 web-1 web-2 web-3 web-4 web-5 web-6',
      '+ late',
      '+ late',
      '+ late',
      '- late',
    ]);
    // The version of the bookmark just before the end.
    assert.equal(harness.server.served('watch', path)[1]?.query.get('resourceVersion'), '267');
    assert.deepEqual(harness.complaints, []);
  });

  it('lists anew after an expired watch or continue token', async () => {
    harness.server.onList(
      path,
      replay(readRecording('list-services-page-1')),
      replay(readRecording('list-expired-continue')),
      replay(readRecording('list-services')),
    );
    harness.server.onWatch(path, replay(readRecording('watch-expired')), watch([], 'open'));
    harness.start();
    await harness.watches(2);
    const every = 'kubernetes web-0 web-1 web-2 web-3 web-4 web-5 web-6';
    assert.deepEqual(harness.log, [`= ${every}`, `= ${every}`]);
    // The list that replaces the expired one comes whole: it cannot expire half-way.
    const queries = harness.server.served('list', path).map(({ query }) => query);
    assert.deepEqual(
      queries.map((query) => [query.get('limit'), query.has('continue')]),
      [
        ['500', false],
        ['500', true],
        [null, false],
        ['500', false],
      ],
    );
    assert.deepEqual(harness.sleeps, [800]);
  });

  it('names what a real server refuses', async () => {
    harness.server.onList(
      path,
      replay(readRecording('unauthorized')),
      replay(readRecording('forbidden-list')),
      replay(readRecording('list-empty')),
    );
    harness.server.onCheck(path, replay(readRecording('list-empty')));
    harness.server.onWatch(
      path,
      replay(readRecording('forbidden-watch')),
      replay(readRecording('bad-resource-version')),
      replay(readRecording('watch-server-killed')),
      watch([], 'open'),
    );
    harness.start();
    await harness.watches(4);
    assert.deepEqual(
      harness.complaints.map((complaint) => complaint.slice(0, 64)),
      [
        'API server: the credentials are not accepted (to list services):',
        'API server: the permission is missing to list services: endpoint',
        'API server: the permission is missing to watch services: endpoin',
        'API server: cannot watch services: resourceVersion: Invalid valu',
        'API server: cannot watch services: aborted',
      ],
    );
  });
});
