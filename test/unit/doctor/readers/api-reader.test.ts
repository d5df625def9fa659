import assert from 'node:assert/strict';
import {
  apiReader,
  openApiReader,
  type ApiTransport,
} from '../../../../src/doctor/readers/api-reader.ts';
import { UnreachableError, type ApiResponse } from '../../../../src/source/api-server/transport.ts';

interface Answer {
  readonly status?: number;
  readonly date?: string;
  readonly body: unknown;
}

/** An API server that answers by path; `asked` gets the bodies that were posted. */
function server(answers: Readonly<Record<string, Answer>>, asked: unknown[] = []): ApiTransport {
  const respond = (path: string): Promise<ApiResponse> => {
    const { status = 404, date, body } = answers[path] ?? { body: {} };
    const text = JSON.stringify(body);
    return Promise.resolve({
      status,
      date,
      retryAfterSeconds: undefined,
      body: (async function* () {
        yield text;
      })(),
    });
  };
  return {
    get: respond,
    post: (path, object) => {
      asked.push(object);
      return respond(path);
    },
    close: () => undefined,
  };
}

const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const selfReviews = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const listServices = { group: '', resource: 'services', verb: 'list' };

describe('asking the API server', () => {
  it('tells its version and the time there', async () => {
    const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
    const transport = server({
      '/version': { status: 200, date, body: { gitVersion: 'v1.36.0' } },
    });
    const version = await apiReader('', transport).version();
    assert.equal(version.kind, 'answered');
    assert.equal(version.version, 'v1.36.0');
    assert.equal(version.serverTimeMs, Date.UTC(2026, 0, 1));
  });

  it('asks for the version once', async () => {
    let asked = 0;
    const transport = server({ '/version': { status: 200, body: {} } });
    const counting = {
      ...transport,
      get: (path: string, signal: AbortSignal) => {
        asked += 1;
        return transport.get(path, signal);
      },
    };
    const reader = apiReader('', counting);
    await Promise.all([reader.version(), reader.version()]);
    assert.equal(asked, 1);
  });

  it('takes a refusal to tell the version for an answer, but not one of the credentials', async () => {
    const version = (status: number) =>
      apiReader('', server({ '/version': { status, body: {} } })).version();
    assert.equal((await version(403)).kind, 'answered');
    assert.equal((await version(401)).kind, 'failed');
  });

  it('says why there is no answer', async () => {
    const transport = {
      ...server({}),
      get: () => Promise.reject(new UnreachableError('no connection within 2 s')),
      post: () => Promise.reject(new UnreachableError('no connection within 2 s')),
    };
    const reader = apiReader('', transport);
    const reason = 'no connection within 2 s';
    assert.deepEqual(await reader.version(), { kind: 'failed', reason });
    assert.deepEqual(await reader.may(listServices), { kind: 'not told', reason });
    assert.equal(await reader.userName(), undefined);
  });

  it('asks for one permission in all namespaces', async () => {
    const asked: unknown[] = [];
    const allowed = server(
      { [reviews]: { status: 201, body: { status: { allowed: true } } } },
      asked,
    );
    assert.deepEqual(await apiReader('', allowed).may(listServices), { kind: 'allowed' });
    assert.deepEqual(asked, [
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: listServices },
      },
    ]);
    const denied = server({ [reviews]: { status: 201, body: { status: { allowed: false } } } });
    assert.deepEqual(await apiReader('', denied).may(listServices), { kind: 'denied' });
  });

  it('says where the question is refused', async () => {
    const refused = server({ [reviews]: { status: 403, body: { message: 'forbidden: no' } } });
    assert.deepEqual(await apiReader('', refused).may(listServices), {
      kind: 'not told',
      reason: 'forbidden: no',
    });
  });

  it('tells by which name it is known, where the server says so', async () => {
    const status = { userInfo: { username: 'kubernetes-admin' } };
    const knows = server({ [selfReviews]: { status: 201, body: { status } } });
    assert.equal(await apiReader('', knows).userName(), 'kubernetes-admin');
    assert.equal(await apiReader('', server({})).userName(), undefined);
  });
});

describe('the API server that is asked', () => {
  it('is none where the cluster is read from files', async () => {
    const none = { kubeconfig: undefined, apiServer: undefined, manifests: '/cluster' };
    const { api } = await openApiReader(none);
    assert.equal(api.kind, 'not asked');
  });

  it('is one that cannot be reached where its kubeconfig cannot be used', async function () {
    // Loading the library for kubeconfigs takes its time where the machine is busy.
    this.timeout(20_000);
    const wrong = { kubeconfig: '/nowhere/kubeconfig', apiServer: undefined, manifests: undefined };
    const { api } = await openApiReader(wrong);
    assert.equal(api.kind, 'asked');
    assert.equal((await api.version()).kind, 'failed');
  });
});
