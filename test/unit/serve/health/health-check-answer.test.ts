import assert from 'node:assert/strict';
import { healthCheckAnswer } from '../../../../src/serve/health/health-check-answer.ts';

const web = { namespace: 'default', name: 'web' };

function answer(localEndpoints: number, healthy = true) {
  return healthCheckAnswer(web, { nodePort: 32_000, localEndpoints }, healthy);
}

describe('the answer at a health-check node port', () => {
  it("is kube-proxy's, byte by byte", () => {
    assert.equal(
      answer(2).body,
      [
        '{',
        '\t"service": {',
        '\t\t"namespace": "default",',
        '\t\t"name": "web"',
        '\t},',
        '\t"localEndpoints": 2,',
        '\t"serviceProxyHealthy": true',
        '}',
      ].join('\n'),
    );
  });

  it("has kube-proxy's headers, the weight among them", () => {
    assert.deepEqual(answer(2).headers, {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': '2',
    });
  });

  for (const [localEndpoints, healthy, status] of [
    [1, true, 200],
    [0, true, 503],
    [1, false, 503],
    [0, false, 503],
  ] as const) {
    it(`is ${status} with ${localEndpoints} endpoints here and a proxy that is ${healthy ? '' : 'not '}healthy`, () => {
      const { status: answered, body, headers } = answer(localEndpoints, healthy);
      assert.equal(answered, status);
      assert.equal(headers['X-Load-Balancing-Endpoint-Weight'], String(localEndpoints));
      assert.deepEqual(JSON.parse(body), {
        service: web,
        localEndpoints,
        serviceProxyHealthy: healthy,
      });
    });
  }
});
