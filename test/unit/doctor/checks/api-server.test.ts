import assert from 'node:assert/strict';
import { apiServer } from '../../../../src/doctor/checks/api-server.ts';
import {
  apiDown,
  apiNotAsked,
  clusterWith,
  findingsOf,
  kindsFound,
} from '../../../support/doctor-readers.ts';

const failed = { cluster: () => Promise.resolve({ kind: 'failed', reason: 'forbidden' } as const) };

describe('doctor: api-server', () => {
  it('is content with one that answers and can be listed', async () => {
    const [finding] = await findingsOf(apiServer);
    assert.equal(finding?.severity, 'ok');
    assert.match(finding.seen, /Kubernetes v1\.36\.0 at https:\/\/192\.0\.2\.1:6443; 1 Services/);
  });

  it('minds one that does not answer, and says so once', async () => {
    assert.deepEqual(await kindsFound(apiServer, { ...apiDown, ...failed }), ['unreachable']);
  });

  it('minds a cluster that cannot be listed', async () => {
    assert.deepEqual(await kindsFound(apiServer, failed), ['cluster-unread']);
  });

  it('warns where there is no Node of the name', async () => {
    assert.deepEqual(await kindsFound(apiServer, clusterWith({ hasNode: false })), ['no-node']);
  });

  it('says that no API server was asked', async () => {
    assert.deepEqual(await kindsFound(apiServer, apiNotAsked), ['not-asked']);
  });
});
