import assert from 'node:assert/strict';
import type { EndpointSlice } from '../../../src/cluster/objects.ts';
import { parseEndpointSlice } from '../../../src/cluster/parse-endpoint-slice.ts';
import { formatProblem } from '../../../src/base/problem.ts';
import { rawSlice } from '../../support/manifests.ts';

function accepted(raw: unknown): EndpointSlice {
  const { value, problems } = parseEndpointSlice(raw);
  assert.deepEqual(problems.map(formatProblem), []);
  assert.ok(value);
  return value;
}

function complaints(raw: unknown): string[] {
  return parseEndpointSlice(raw).problems.map(formatProblem);
}

describe('an EndpointSlice', () => {
  it('is reduced to its Service, ports and endpoints', () => {
    const slice = accepted(
      rawSlice('web-x1', 'web', {
        endpoints: [
          {
            addresses: ['10.244.1.1', '10.244.1.2'],
            conditions: { ready: false, serving: true, terminating: true },
            nodeName: 'node-b',
            zone: 'z1',
            targetRef: { kind: 'Pod', namespace: 'default', name: 'web-7d9f8-abcde' },
            hints: { forZones: [{ name: 'z1' }, { name: 'z2' }], forNodes: [{ name: 'node-b' }] },
          },
        ],
        ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      }),
    );
    const endpoints = slice.endpoints.map((endpoint) => ({
      ...endpoint,
      address: endpoint.address.text,
    }));
    assert.deepEqual(
      { ...slice, endpoints },
      {
        namespace: 'default',
        name: 'web-x1',
        serviceName: 'web',
        family: 'IPv4',
        triggeredAt: undefined,
        weight: undefined,
        ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
        endpoints: [
          {
            address: '10.244.1.1',
            ready: false,
            serving: true,
            terminating: true,
            nodeName: 'node-b',
            zone: 'z1',
            podName: 'web-7d9f8-abcde',
            hintedZones: ['z1', 'z2'],
            hintedNodes: ['node-b'],
          },
        ],
      },
    );
  });

  it('takes ready for true, serving for ready, and terminating for false where unset', () => {
    const conditions = [undefined, {}, { ready: null }, { ready: false }, { serving: false }];
    const slice = accepted(
      rawSlice('web-x1', 'web', {
        endpoints: conditions.map((condition, index) => ({
          addresses: [`10.244.1.${index}`],
          conditions: condition,
        })),
      }),
    );
    assert.deepEqual(
      slice.endpoints.map(({ ready, serving, terminating }) => [ready, serving, terminating]),
      [
        [true, true, false],
        [true, true, false],
        [true, true, false],
        [false, false, false],
        [true, false, false],
      ],
    );
  });

  it('takes an unset port name for the empty one and an unset protocol for TCP', () => {
    const slice = accepted(rawSlice('web-x1', 'web', { ports: [{ name: null, port: 80 }] }));
    assert.deepEqual(slice.ports, [{ name: '', protocol: 'TCP', port: 80 }]);
  });

  it('passes over a port without a number', () => {
    const ports = [
      { name: 'all', port: null },
      { name: 'http', port: 80 },
    ];
    const slice = accepted(rawSlice('web-x1', 'web', { ports }));
    assert.deepEqual(
      slice.ports.map(({ name }) => name),
      ['http'],
    );
  });

  it('may have no endpoints and no ports', () => {
    const slice = accepted(rawSlice('web-x1', 'web', { endpoints: null, ports: null }));
    assert.deepEqual(slice.endpoints, []);
    assert.deepEqual(slice.ports, []);
  });

  it('of addressType FQDN, without a Service or of a headless one is ignored quietly', () => {
    for (const raw of [
      rawSlice('web-x1', 'web', {
        addressType: 'FQDN',
        endpoints: [{ addresses: ['example.com'] }],
      }),
      rawSlice('web-x1', ''),
      rawSlice('web-x1', 'web', {}, { labels: {} }),
      rawSlice('web-x1', 'web', {}, { labels: undefined }),
      rawSlice(
        'web-x1',
        'web',
        {},
        { labels: { 'kubernetes.io/service-name': 'web', 'service.kubernetes.io/headless': '' } },
      ),
    ]) {
      assert.deepEqual(parseEndpointSlice(raw), { value: undefined, problems: [] });
    }
  });

  it('loses a bad endpoint alone', () => {
    for (const [endpoint, complaint] of [
      [
        { addresses: ['no-ip'] },
        `addresses[0] is "no-ip"; must be an IPv4 address, as the slice's addressType says`,
      ],
      [
        { addresses: ['fd00::1'] },
        `addresses[0] is "fd00::1"; must be an IPv4 address, as the slice's addressType says`,
      ],
      [{ addresses: [] }, 'addresses is []; must hold an IP address'],
      [{}, 'addresses must hold an IP address'],
      [{ addresses: 'x' }, 'addresses is "x"; must be a list'],
      [
        { addresses: ['10.244.1.9'], conditions: { ready: 'yes' } },
        'conditions.ready is "yes"; must be true or false',
      ],
      [
        { addresses: ['10.244.1.9'], hints: { forZones: [{ name: 5 }] } },
        'hints.forZones[0].name is 5; must be a string',
      ],
    ] as const) {
      const raw = rawSlice('web-x1', 'web', {
        endpoints: [endpoint, { addresses: ['10.244.1.1'] }],
      });
      assert.deepEqual(complaints(raw), [
        `EndpointSlice default/web-x1: endpoints[0].${complaint}`,
      ]);
      assert.deepEqual(
        parseEndpointSlice(raw).value?.endpoints.map(({ address }) => address.text),
        ['10.244.1.1'],
      );
    }
  });

  it('keeps loopback, link-local and multicast endpoints: what becomes of them, translation says', () => {
    const addresses = ['127.0.0.1', '169.254.169.254', '224.0.0.1'];
    const endpoints = addresses.map((address) => ({ addresses: [address] }));
    const slice = accepted(rawSlice('web-x1', 'web', { endpoints }));
    assert.deepEqual(
      slice.endpoints.map(({ address }) => address.text),
      addresses,
    );
  });

  it('loses a bad port alone', () => {
    for (const bad of [
      { name: 'bad', port: 65_536 },
      { name: 'bad', port: 80, protocol: 'tcp' },
      { name: 'Bad!', port: 80 },
      { name: 'http', port: 81 },
    ]) {
      const raw = rawSlice('web-x1', 'web', { ports: [{ name: 'http', port: 8080 }, bad] });
      assert.equal(complaints(raw).length, 1);
      assert.match(complaints(raw)[0] ?? '', /^EndpointSlice default\/web-x1: ports\[1\]\./);
      assert.deepEqual(
        parseEndpointSlice(raw).value?.ports.map(({ port }) => port),
        [8080],
      );
    }
  });

  it('with a bad name, Service name or addressType does not count', () => {
    for (const [raw, field] of [
      [rawSlice('Web', 'web'), 'metadata.name'],
      [rawSlice('web-x1', 'We/b'), 'metadata.labels[kubernetes.io/service-name]'],
      [rawSlice('web-x1', 'web', { addressType: 'IPv5' }), 'addressType'],
      [rawSlice('web-x1', 'web', { addressType: undefined }), 'addressType'],
    ] as const) {
      const { value, problems } = parseEndpointSlice(raw);
      assert.equal(value, undefined);
      assert.deepEqual(
        problems.map((problem) => problem.field),
        [field],
      );
    }
  });
});
