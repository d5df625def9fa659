import assert from 'node:assert/strict';
import type { Endpoint, EndpointSlice } from '../../../src/cluster/objects.ts';
import { afterFewChanges } from '../../../src/translate/few-changed-endpoints.ts';
import { realServersAt, type RealServers } from '../../../src/translate/real-servers.ts';
import {
  draining,
  endpoint,
  endpointPort,
  notReady,
  servicePort,
  slice,
} from '../../support/cluster-objects.ts';
import { place } from '../../support/place.ts';

const [a, b, c] = ['10.244.1.1', '10.244.1.2', '10.244.1.3'].map((address) =>
  endpoint(address),
) as [Endpoint, Endpoint, Endpoint];
const here = place({ isVip: ({ text }) => text === '10.96.0.9' });
const ports = [endpointPort()];

function withEndpoints(...endpoints: readonly Endpoint[]): EndpointSlice {
  return slice(endpoints, { ports });
}

/** The real servers after the endpoints of one slice have changed, all of which were real servers. */
function after(before: readonly Endpoint[], now: readonly Endpoint[]): RealServers | undefined {
  return afterSlices([withEndpoints(...before)], [withEndpoints(...now)], allOf(before));
}

function afterSlices(
  before: readonly EndpointSlice[],
  now: readonly EndpointSlice[],
  realServers: RealServers,
): RealServers | undefined {
  return afterFewChanges(servicePort(), 'IPv4', { before, after: now }, here, realServers);
}

function allOf(endpoints: readonly Endpoint[]): RealServers {
  return realServersAt([{ targetPort: 8080, endpoints }], new Map());
}

/** `10.244.1.1 10.244.1.2`; undefined where all endpoints have to be looked at. */
function addresses(realServers: RealServers | undefined): string | undefined {
  return realServers && Array.from(realServers.values(), ({ address }) => address.text).join(' ');
}

describe('few endpoints that have changed', () => {
  it('come, leave and take the place of others', () => {
    assert.equal(addresses(after([a], [a, b])), '10.244.1.1 10.244.1.2');
    assert.equal(addresses(after([a, b], [b])), '10.244.1.2');
    assert.equal(addresses(after([a, b, c], [a, c])), '10.244.1.1 10.244.1.3');
    assert.equal(addresses(after([a, b], [a, c])), '10.244.1.1 10.244.1.3');
  });

  it('leave those alone that stay: of all but one of these not even the address is asked', () => {
    const unasked: Endpoint = Object.defineProperty(endpoint('10.244.1.2'), 'address', {
      get: () => assert.fail('nobody is to ask for it'),
    });
    const before = allOf([a, b]);
    const [was, now] = [withEndpoints(a, unasked), withEndpoints(a, unasked, c)];
    const realServers = afterSlices([was], [now], before);
    assert.equal(addresses(realServers), '10.244.1.1 10.244.1.2 10.244.1.3');
    assert.equal(realServers?.get('10.244.1.2:8080'), before.get('10.244.1.2:8080'));
  });

  it('leave the map as it is where they get no traffic, or are the same once more', () => {
    const before = allOf([a, b]);
    const was = withEndpoints(a, b);
    const unready = withEndpoints(a, b, endpoint('10.244.1.3', notReady));
    const again = withEndpoints(a, endpoint('10.244.1.2', { hintedZones: ['z1'] }));
    assert.equal(afterSlices([was], [unready], before), before);
    assert.equal(afterSlices([was], [again], before), before);
    assert.equal(afterSlices([was], [was], before), before);
  });

  it('go where they are no longer ready, serving or not', () => {
    assert.equal(addresses(after([a, b], [a, endpoint('10.244.1.2', notReady)])), '10.244.1.1');
    assert.equal(addresses(after([a, b], [a, endpoint('10.244.1.2', draining)])), '10.244.1.1');
  });

  for (const [what, before, now] of [
    ['none stays', [a], [b]],
    ['the one that stays has a hint for a node', [nodeHinted(a)], [nodeHinted(a), b]],
    ['the one that stays has a hint for a zone', [zoneHinted(a)], [zoneHinted(a), b]],
    ['the one that stays is not ready', [notReadyAt(a)], [notReadyAt(a), b]],
    ['one comes to this node', [a], [a, onThisNode(b)]],
    ['one leaves this node', [a, onThisNode(b)], [a]],
    ['one is at a VIP', [a], [a, endpoint('10.96.0.9')]],
    ['one is at a loopback address', [a], [a, endpoint('127.0.0.1')]],
    ['one is there twice', [a, b], [a, b, notReadyAt(b)]],
  ] as const) {
    it(`are not enough to look at where ${what}`, () => {
      const [was, is] = identical(before, now);
      assert.equal(after(was, is), undefined);
    });
  }

  it('are not enough to look at where an endpoint of before was no real server', () => {
    const [was, now] = [withEndpoints(a, b), withEndpoints(a, b, c)];
    assert.equal(afterSlices([was], [now], allOf([a])), undefined);
  });

  it('are not enough to look at with several slices, or another target port', () => {
    const [one, other] = [withEndpoints(a), slice([b], { ports, name: 'web-2' })];
    assert.equal(afterSlices([one], [one, other], allOf([a])), undefined);
    assert.equal(afterSlices([one, other], [one], allOf([a, b])), undefined);
    const moved = slice([a], { ports: [endpointPort({ port: 9090 })] });
    assert.equal(afterSlices([one], [moved], allOf([a])), undefined);
  });
});

function nodeHinted(of: Endpoint): Endpoint {
  return { ...of, hintedNodes: ['node-b'] };
}

function zoneHinted(of: Endpoint): Endpoint {
  return { ...of, hintedZones: ['z1'] };
}

function notReadyAt(of: Endpoint): Endpoint {
  return { ...of, ...notReady };
}

function onThisNode(of: Endpoint): Endpoint {
  return { ...of, nodeName: here.nodeName };
}

/** The same object where both lists begin with the same address. */
function identical(
  before: readonly Endpoint[],
  now: readonly Endpoint[],
): [readonly Endpoint[], readonly Endpoint[]] {
  const [first] = before;
  const stays = first !== undefined && now[0]?.address === first.address;
  return [before, stays ? [first, ...now.slice(1)] : now];
}
