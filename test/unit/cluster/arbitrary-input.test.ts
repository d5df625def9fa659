import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseEndpointSlice } from '../../../src/cluster/parse-endpoint-slice.ts';
import { parseNode } from '../../../src/cluster/parse-node.ts';
import { parseService } from '../../../src/cluster/parse-service.ts';
import { formatProblem } from '../../../src/base/problem.ts';
import { rawService, rawSlice } from '../../support/manifests.ts';

/** A copy of an object with any JSON in place of some of its parts, at any depth. */
function damaged(value: unknown): fc.Arbitrary<unknown> {
  const whole = fc.constant(value);
  const part =
    Array.isArray(value) && value.length > 0
      ? fc.tuple(...value.map(damaged))
      : typeof value === 'object' && value !== null
        ? fc.record(
            Object.fromEntries(Object.entries(value).map(([key, field]) => [key, damaged(field)])),
            { requiredKeys: [] },
          )
        : whole;
  return fc.oneof(
    { weight: 12, arbitrary: part },
    { weight: 1, arbitrary: fc.jsonValue() },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

const service = rawService('web', {
  sessionAffinity: 'ClientIP',
  externalIPs: ['198.51.100.1'],
  healthCheckNodePort: 32000,
  externalTrafficPolicy: 'Local',
  sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } },
});
const slice = rawSlice('web-x1', 'web', {
  endpoints: [
    { addresses: ['10.0.0.1'], conditions: { ready: true }, hints: { forZones: [{ name: 'z' }] } },
  ],
});

const node = {
  metadata: { name: 'a', labels: {} },
  status: { addresses: [{ type: 'InternalIP', address: '192.0.2.10' }] },
};

describe('arbitrary JSON', () => {
  for (const [name, parse, raw] of [
    ['a Service', parseService, service],
    ['an EndpointSlice', parseEndpointSlice, slice],
    ['a Node', parseNode, node],
  ] as const) {
    it(`never makes reading ${name} throw, and each problem can be shown`, () => {
      const input = fc.oneof(fc.jsonValue(), damaged(raw));
      fc.assert(
        fc.property(input, (json) => {
          for (const problem of parse(json).problems) {
            assert.notEqual(problem.allowed, '');
            assert.ok(formatProblem(problem).startsWith(`${problem.object}:`));
          }
        }),
        { numRuns: 500 },
      );
    });
  }

  it('is not even needed: any value at all is read without throwing', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) => {
        for (const parse of [parseService, parseEndpointSlice, parseNode]) {
          const { problems, value: parsed } = parse({
            metadata: value,
            spec: value,
            ...Object(value),
          });
          // A slice of no Service is nobody's mistake.
          const isNothing = parse === parseEndpointSlice;
          assert.ok(parsed !== undefined || problems.length > 0 || isNothing);
        }
      }),
    );
  });

  it('never gets a port or a name through that is not valid', () => {
    fc.assert(
      fc.property(damaged(service), damaged(slice), (rawOfService, rawOfSlice) => {
        const parsed = [parseService(rawOfService).value, parseEndpointSlice(rawOfSlice).value];
        for (const object of parsed) {
          assert.match(object?.name ?? 'none', /^[a-z0-9.-]+$/);
          for (const { port, name } of object?.ports ?? []) {
            assert.ok(Number.isInteger(port) && port >= 1 && port <= 65_535);
            assert.match(name, /^[a-z0-9-]*$/);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
