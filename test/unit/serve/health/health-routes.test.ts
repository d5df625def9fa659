import assert from 'node:assert/strict';
import { healthAnswer, type HealthState } from '../../../../src/serve/health/health-routes.ts';

const good: HealthState = {
  alive: true,
  ready: true,
  waitingFor: [],
  nodeEligible: true,
  lastSyncAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  nowMs: Date.UTC(2026, 0, 2, 3, 4, 6),
};
const stale: HealthState = { ...good, alive: false };
const starting: HealthState = { ...good, ready: false, lastSyncAtMs: undefined };
const waiting: HealthState = { ...good, waitingFor: ['masquerade IPv4: the lock is held'] };
const leaving: HealthState = { ...good, nodeEligible: false };

describe('the health endpoint', () => {
  const expected = [
    { name: 'in order', state: good, healthz: 200, livez: 200, readyz: 200 },
    { name: 'on a node that leaves', state: leaving, healthz: 503, livez: 200, readyz: 200 },
    { name: 'before the first sync', state: starting, healthz: 503, livez: 200, readyz: 503 },
    {
      name: 'while something is waited for',
      state: waiting,
      healthz: 200,
      livez: 200,
      readyz: 503,
    },
    {
      name: 'while the kernel is out of reach',
      state: stale,
      healthz: 503,
      livez: 503,
      readyz: 200,
    },
    {
      name: 'where it was so from the start',
      state: { ...starting, alive: false },
      healthz: 503,
      livez: 503,
      readyz: 503,
    },
  ];
  for (const { name, state, healthz, livez, readyz } of expected) {
    it(`answers ${healthz}, ${livez} and ${readyz} ${name}`, () => {
      assert.equal(statusOf('/healthz', state), healthz);
      assert.equal(statusOf('/livez', state), livez);
      assert.equal(statusOf('/readyz', state), readyz);
    });
  }

  it('says when the last sync was, and whether the node is eligible', () => {
    assert.deepEqual(bodyOf('/healthz', leaving), {
      lastUpdated: '2026-01-02T03:04:05.000Z',
      currentTime: '2026-01-02T03:04:06.000Z',
      nodeEligible: false,
    });
  });

  it('says what a node that is not ready waits for', () => {
    assert.deepEqual(bodyOf('/readyz', waiting)['waitingFor'], waiting.waitingFor);
    assert.deepEqual(bodyOf('/readyz', good)['waitingFor'], []);
  });

  it('says nothing of the node where the node does not count', () => {
    assert.deepEqual(Object.keys(bodyOf('/livez', leaving)), ['lastUpdated', 'currentTime']);
    for (const path of ['/livez', '/readyz']) {
      assert.ok(!('nodeEligible' in bodyOf(path, leaving)));
    }
  });

  it('has no time of the last sync before the first one', () => {
    assert.equal(bodyOf('/healthz', starting)['lastUpdated'], null);
  });

  it('answers in JSON that no browser takes for something else', () => {
    assert.deepEqual(healthAnswer('/livez', good)?.headers, {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
    });
  });

  it('serves no other path', () => {
    for (const path of ['/', '', '/healthz/', '/healthzz', '/metrics']) {
      assert.equal(healthAnswer(path, good), undefined);
    }
  });
});

function statusOf(path: string, state: HealthState): number | undefined {
  return healthAnswer(path, state)?.status;
}

function bodyOf(path: string, state: HealthState): Record<string, unknown> {
  // JSON.parse answers any; healthAnswer writes an object.
  return JSON.parse(healthAnswer(path, state)?.body ?? '{}') as Record<string, unknown>;
}
