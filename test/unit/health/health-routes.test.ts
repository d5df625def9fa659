import assert from 'node:assert/strict';
import { healthAnswer, type HealthState } from '../../../src/health/health-routes.ts';

const good: HealthState = {
  healthy: true,
  ready: true,
  nodeEligible: true,
  lastSyncAtMs: Date.UTC(2026, 0, 1),
  nowMs: Date.UTC(2026, 0, 2),
};

function statusOf(path: string, state: Partial<HealthState> = {}): number | undefined {
  return healthAnswer(path, { ...good, ...state })?.status;
}

describe('the health endpoint', () => {
  it('answers with 200 where all is well', () => {
    assert.deepEqual(
      ['/healthz', '/livez', '/readyz'].map((path) => statusOf(path)),
      [200, 200, 200],
    );
  });

  it('fails /healthz alone on a node that leaves', () => {
    const leaving = { nodeEligible: false };
    assert.equal(statusOf('/healthz', leaving), 503);
    assert.equal(statusOf('/livez', leaving), 200);
    assert.equal(statusOf('/readyz', leaving), 200);
  });

  it('fails /healthz and /livez where the last sync is too old', () => {
    const stale = { healthy: false };
    assert.equal(statusOf('/healthz', stale), 503);
    assert.equal(statusOf('/livez', stale), 503);
    assert.equal(statusOf('/readyz', stale), 200);
  });

  it('is alive but neither ready nor healthy before the first sync', () => {
    const starting = { healthy: false, ready: false, lastSyncAtMs: undefined };
    assert.equal(statusOf('/healthz', starting), 503);
    assert.equal(statusOf('/livez', starting), 200);
    assert.equal(statusOf('/readyz', starting), 503);
  });

  it("has kube-proxy's headers and body", () => {
    const answer = healthAnswer('/healthz', good);
    assert.deepEqual(answer?.headers, {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
    });
    assert.deepEqual(JSON.parse(answer.body), {
      lastUpdated: '2026-01-01T00:00:00.000Z',
      currentTime: '2026-01-02T00:00:00.000Z',
      nodeEligible: true,
    });
  });

  it('serves nothing else', () => {
    assert.equal(statusOf('/'), undefined);
  });
});
