import assert from 'node:assert/strict';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../../src/cluster/objects.ts';
import { sameSlice } from '../../../src/cluster/same-slice.ts';
import { IpAddress } from '../../../src/net/ip-address.ts';

function endpoint(): Endpoint {
  return {
    address: IpAddress.fromIpv4(0x0af40101),
    ready: true,
    serving: true,
    terminating: false,
    nodeName: 'node-a',
    zone: 'zone-a',
    podName: 'web-1',
    hintedZones: ['zone-a'],
    hintedNodes: [],
  };
}

function port(): EndpointPort {
  return { name: 'http', protocol: 'TCP', port: 8080 };
}

function slice(): EndpointSlice {
  return {
    namespace: 'default',
    name: 'web-x1',
    serviceName: 'web',
    family: 'IPv4',
    triggeredAt: undefined,
    weight: undefined,
    ports: [port()],
    endpoints: [endpoint()],
  };
}

const otherSlice: Required<EndpointSlice> = {
  namespace: 'shop',
  name: 'web-x2',
  serviceName: 'api',
  family: 'IPv6',
  triggeredAt: 1,
  weight: 5,
  ports: [],
  endpoints: [endpoint(), endpoint()],
  unread: [{ object: 'EndpointSlice shop/web-x2', text: 'no port' }],
};

const otherPort: Required<EndpointPort> = { name: 'https', protocol: 'UDP', port: 8081 };

const otherEndpoint: Required<Endpoint> = {
  address: IpAddress.fromIpv4(0x0af40102),
  ready: false,
  serving: false,
  terminating: true,
  nodeName: undefined,
  zone: undefined,
  podName: 'web-2',
  hintedZones: ['zone-b'],
  hintedNodes: ['node-a'],
};

describe('the comparison of slices', () => {
  it('finds two slices with the same content the same', () => {
    assert.ok(sameSlice(slice(), slice()));
  });

  it('finds a difference in each field of a slice', () => {
    for (const [field, value] of Object.entries(otherSlice)) {
      assert.ok(!sameSlice(slice(), { ...slice(), [field]: value }), field);
    }
  });

  it('finds a difference in each field of a port', () => {
    for (const [field, value] of Object.entries(otherPort)) {
      const ports = [{ ...port(), [field]: value }];
      assert.ok(!sameSlice(slice(), { ...slice(), ports }), field);
    }
  });

  it('finds a difference in each field of an endpoint', () => {
    for (const [field, value] of Object.entries(otherEndpoint)) {
      const endpoints = [{ ...endpoint(), [field]: value as unknown }] as readonly Endpoint[]; // of that field
      assert.ok(!sameSlice(slice(), { ...slice(), endpoints }), field);
    }
  });
});
