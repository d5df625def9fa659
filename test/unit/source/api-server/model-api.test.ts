import assert from 'node:assert/strict';
import { SimulatedClock } from '../../../support/simulated-clock.ts';
import { ModelApi, paths, type ModelObject } from '../../../support/model-api.ts';
import { haveRecordings, readRecording } from '../../../support/recordings.ts';

interface Answered {
  status: number;
  body: string;
  isEnded: boolean;
}

describe('the API server of the tests answers as a real one did:', () => {
  let clock: SimulatedClock;
  let model: ModelApi;

  before(function () {
    if (!haveRecordings) {
      console.warn('no recordings found (KUBE_IPVS_SHARED): skipped');
      this.skip();
    }
  });

  beforeEach(() => {
    clock = new SimulatedClock();
    model = new ModelApi(clock);
    // Recordings of lists hold lists of objects.
    const recorded = JSON.parse(bodyOf('list-services')) as { items: ModelObject[] };
    model.load(paths.services, recorded.items, 233);
  });

  function ask(pathAndQuery: string): Answered {
    const answered = { status: 0, body: '', isEnded: false };
    model.answer(pathAndQuery, {
      head: (status) => {
        answered.status = status;
      },
      write: (text) => {
        answered.body += text;
      },
      end: () => {
        answered.isEnded = true;
      },
      break: () => undefined,
    });
    return answered;
  }

  function bodyOf(name: string): string {
    return readRecording(name)
      .chunks.map(({ text }) => text)
      .join('');
  }

  function assertSame(name: string): void {
    const { request, status } = readRecording(name);
    const answered = ask(request.path);
    assert.equal(answered.status, status);
    assert.equal(answered.body, bodyOf(name));
    assert.equal(answered.isEnded, true);
  }

  it('lists, whole and in pages', () => {
    assertSame('list-services');
    assertSame('list-services-page-1');
    assertSame('list-services-page-2');
    assertSame('list-services-page-3');
    assertSame('list-services-label-selector');
  });

  it('a continue token that has expired, with another one inside that works', () => {
    ask(readRecording('list-services-page-1').request.path);
    model.tick();
    model.compact();
    assertSame('list-expired-continue');
    const [, token = ''] = /"continue":"([^"]+)"/.exec(bodyOf('list-expired-continue')) ?? [];
    const rest = ask(`${paths.services}?continue=${token}`);
    assert.match(rest.body, /"resourceVersion":"234"},"items":\[{"metadata":{"name":"web-2"/);
  });

  it('a watch from a version that has expired', () => {
    model.load(paths.services, [], 1055);
    assertSame('watch-expired');
  });

  it('bookmarks each minute, and one before the end of a watch', async () => {
    const bookmarks = bodyOf('watch-services')
      .split('\n')
      .filter((line) => line.includes('BOOKMARK'));
    const answered = ask(readRecording('watch-services').request.path);
    model.load(paths.services, [], 247);
    await clock.advance(60_000);
    model.load(paths.services, [], 267);
    await clock.advance(14_999);
    assert.equal(answered.isEnded, false);
    await clock.advance(1);
    assert.deepEqual(answered.body.trimEnd().split('\n'), bookmarks);
    assert.equal(answered.isEnded, true);
  });

  it('the events of a watch', () => {
    const recorded = bodyOf('watch-timeout-3s').trimEnd().split('\n');
    const answered = ask(readRecording('watch-timeout-3s').request.path);
    for (const line of recorded) {
      // Recordings of watches hold watch events.
      const { type, object } = JSON.parse(line) as { type: string; object: ModelObject };
      const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
      const version = Number(object.metadata['resourceVersion']);
      while (model.version < version - 1) {
        model.tick();
      }
      if (type === 'DELETED') {
        model.remove(paths.services, rest);
      } else {
        model.put(paths.services, rest);
      }
    }
    assert.deepEqual(answered.body.trimEnd().split('\n'), recorded);
  });

  it('nothing, to a watch from a version that it does not have yet', async () => {
    const answered = ask(readRecording('watch-rv-from-the-future').request.path);
    model.tick();
    await clock.advance(3000);
    assert.deepEqual(answered, { status: 200, body: '', isEnded: true });
  });
});
