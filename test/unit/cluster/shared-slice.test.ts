import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../../src/cluster/objects.ts';
import { sameData } from '../../../src/cluster/same-data.ts';
import { sharedSlice } from '../../../src/cluster/shared-slice.ts';
import { arbitrarySlice } from '../../support/arbitrary-cluster.ts';
import { endpoint, ip, slice } from '../../support/cluster-objects.ts';

const pod = endpoint('10.244.1.1');
const web: EndpointSlice = slice([pod]);

/** Every field with another value, so that one that is added later on has to be named here. */
const otherSlice = {
  namespace: 'other',
  name: 'other-1',
  serviceName: 'other',
  family: 'IPv6',
  triggeredAt: 1,
  ports: [{ name: 'other', protocol: 'TCP', port: 8080 }],
  endpoints: [],
} satisfies EndpointSlice;
const otherPort = { name: 'other', protocol: 'UDP', port: 1 } satisfies EndpointPort;
const otherEndpoint = {
  address: ip('10.244.9.9'),
  ready: false,
  serving: false,
  terminating: true,
  nodeName: 'other',
  hintedZones: ['other'],
  hintedNodes: ['other'],
} satisfies Endpoint;

describe('a slice beside the one held', () => {
  it('is that one where both say the same', () => {
    fc.assert(
      fc.property(arbitrarySlice, (held) => {
        assert.equal(sharedSlice(copyOf(held), held), held);
      }),
    );
  });

  it('says what it says alone, whatever is held', () => {
    fc.assert(
      fc.property(arbitrarySlice, arbitrarySlice, (news, held) => {
        assert.ok(sameData(sharedSlice(news, held), news));
      }),
    );
  });

  it('is another one whichever field differs', () => {
    for (const [field, value] of Object.entries<unknown>(otherSlice)) {
      const news = { ...web, [field]: value };
      assert.ok(sameData(sharedSlice(news, web), news), field);
    }
  });

  it('is another one whichever field of a port differs', () => {
    for (const [field, value] of Object.entries<unknown>(otherPort)) {
      const news = { ...web, ports: web.ports.map((port) => ({ ...port, [field]: value })) };
      assert.ok(sameData(sharedSlice(news, web), news), field);
    }
  });

  it('is another one whichever field of an endpoint differs', () => {
    for (const [field, value] of Object.entries<unknown>(otherEndpoint)) {
      const news = { ...web, endpoints: [{ ...pod, [field]: value }] };
      assert.ok(sameData(sharedSlice(news, web), news), field);
    }
  });

  it('shares the endpoints that say the same at the same place', () => {
    const held = slice([pod, endpoint('10.244.1.2')]);
    const news = slice([endpoint('10.244.1.1'), endpoint('10.244.1.3'), endpoint('10.244.1.2')]);
    const { endpoints } = sharedSlice(news, held);
    assert.equal(endpoints[0], held.endpoints[0]);
    assert.equal(endpoints[1], news.endpoints[1]);
    assert.equal(endpoints[2], news.endpoints[2]);
  });
});

/** A copy whose lists and endpoints are others. */
function copyOf(original: EndpointSlice): EndpointSlice {
  return {
    ...original,
    ports: original.ports.map((port) => ({ ...port })),
    endpoints: original.endpoints.map((one) => ({
      ...one,
      address: ip(one.address.text),
      hintedZones: [...one.hintedZones],
      hintedNodes: [...one.hintedNodes],
    })),
  };
}
