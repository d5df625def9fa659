import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Endpoint, EndpointSlice, Service } from '../../../src/cluster/objects.ts';
import { sharedSlice } from '../../../src/cluster/shared-slice.ts';
import type { Translation } from '../../../src/translate/desired.ts';
import { withOtherEndpoints } from '../../../src/translate/other-endpoints.ts';
import { arbitraryService, arbitrarySlice } from '../../support/arbitrary-cluster.ts';
import {
  draining,
  endpoint,
  endpointPort,
  ip,
  notReady,
  service,
  servicePort,
  slice,
} from '../../support/cluster-objects.ts';
import { placeAt } from '../../support/place.ts';
import { nodeAt, routes, translate } from '../../support/translation.ts';

const onThisNode = { nodeName: nodeAt.nodeName };

/** Endpoints of every kind that is told apart, often the same ones in both slices. */
const someEndpoint: fc.Arbitrary<Endpoint> = fc
  .tuple(
    fc.constantFrom('10.244.1.1', '10.244.1.2', '10.244.1.3', '10.96.0.9', '127.0.0.1'),
    fc.constantFrom({}, {}, notReady, draining, { hintedZones: ['z1'] }, onThisNode),
  )
  .map(([address, fields]) => endpoint(address, fields));
const someSlices = fc.array(
  fc.array(someEndpoint, { maxLength: 6 }).map((endpoints) => slice(endpoints)),
  { maxLength: 2 },
);

/** Services that the short way is for, and some that it has to leave alone. */
const someService = fc.constantFrom(
  service(),
  service(),
  service({ internalTrafficPolicy: 'Local' }),
  service({ clusterIPs: [ip('10.96.0.1'), ip('fd00:96::1')] }),
  service({ clusterIPs: [ip('10.96.0.1'), ip('10.96.0.2')] }),
  service({ ports: [servicePort(), servicePort({ name: 'dns', protocol: 'UDP', port: 53 })] }),
  service({ ports: [servicePort({ nodePort: 30080 })] }),
  service({ externalIPs: [ip('203.0.113.1')] }),
  service({ annotations: new Map([['kube-ipvs.io/scheduler', 'nonsense']]) }),
);

function agrees(
  of: Service,
  slices: readonly EndpointSlice[],
  earlier: readonly EndpointSlice[],
): void {
  const at = { ...nodeAt, isVip: ({ text }: { readonly text: string }) => text === '10.96.0.9' };
  const before = translate(of, earlier, at);
  const alone = translate(of, slices, at);
  const kept = asHeld(slices, earlier);
  for (const short of [
    withOtherEndpoints(of, slices, at, before),
    withOtherEndpoints(of, kept, at, before, earlier),
  ]) {
    if (short !== undefined) {
      assert.deepEqual(short, alone);
      assert.deepEqual(inAnyOrder(short), inAnyOrder(alone));
    }
  }
}

/** The slices as the store hands them on: what is the same as before is the same object. */
function asHeld(
  slices: readonly EndpointSlice[],
  earlier: readonly EndpointSlice[],
): readonly EndpointSlice[] {
  return slices.map((slice, index) => sharedSlice(slice, earlier[index]));
}

/** Real servers have no order: a slice that names the same ones in another order changes nothing. */
function inAnyOrder(translation: Translation): readonly string[] {
  return routes(translation).map((route) => route.split(' ').toSorted().join(' '));
}

describe('a Service with other endpoints', () => {
  it('becomes what it becomes without a translation before', () => {
    fc.assert(fc.property(someService, someSlices, someSlices, agrees), { numRuns: 1000 });
  });

  it('does so where few of them have come or gone', () => {
    const some = fc.array(someEndpoint, { minLength: 1, maxLength: 6 });
    const changed = fc.tuple(some, fc.nat(6), fc.nat(1), fc.array(someEndpoint, { maxLength: 1 }));
    fc.assert(
      fc.property(someService, changed, (of, [endpoints, at, taken, added]) => {
        const now = endpoints.toSpliced(at, taken, ...added);
        agrees(of, [slice(now)], [slice(endpoints)]);
      }),
      { numRuns: 2000 },
    );
  });

  it('does so for arbitrary Services and slices', () => {
    const slices = fc.array(arbitrarySlice, { maxLength: 3 });
    fc.assert(fc.property(arbitraryService, slices, slices, agrees));
  });

  it('keeps everything but what its endpoints decide', () => {
    const before = translate(service(), [slice([endpoint('10.244.1.1')])]);
    const after = short(before, [endpoint('10.244.1.1'), endpoint('10.244.1.2')]);
    assert.deepEqual(routes(after), ['TCP 10.96.0.1:80 -> 10.244.1.1:8080 10.244.1.2:8080']);
    assert.equal(after.members, before.members);
    assert.equal(after.boundAddresses, before.boundAddresses);
    assert.equal(after.problems, before.problems);
    assert.equal(after.virtualServers[0]?.members, before.virtualServers[0]?.members);
  });

  it('has the same real servers where endpoints come in another order', () => {
    const before = translate(service(), [slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')])]);
    const after = short(before, [endpoint('10.244.1.2'), endpoint('10.244.1.1')]);
    assert.equal(after.virtualServers[0], before.virtualServers[0]);
  });

  it('has the endpoints of this node in the set of those that may reach themselves', () => {
    const before = translate(service(), [slice([endpoint('10.244.1.1')])]);
    const after = short(before, [endpoint('10.244.1.1'), endpoint('10.244.1.2', onThisNode)]);
    assert.deepEqual(
      after.members.map(({ role }) => role),
      ['vip', 'hairpin'],
    );
    assert.equal(short(after, [endpoint('10.244.1.2', onThisNode)]).members, after.members);
    assert.equal(short(after, [endpoint('10.244.1.1')]).members.length, 1);
  });

  for (const [what, of] of [
    ['an external IP', service({ externalIPs: [ip('203.0.113.1')] })],
    ['a load-balancer IP', service({ loadBalancerIPs: [ip('203.0.113.1')] })],
    ['a node port', service({ ports: [servicePort({ nodePort: 30080 })] })],
    ['a health check', service({ healthCheckNodePort: 30080 })],
    ['a problem', service({ annotations: new Map([['kube-ipvs.io/scheduler', 'nonsense']]) })],
  ] as const) {
    it(`is translated as a whole with ${what}`, () => {
      const slices = [slice([endpoint('10.244.1.1')])];
      const before = translate(of, slices, placeAt());
      assert.equal(withOtherEndpoints(of, slices, placeAt(), before), undefined);
    });
  }

  it('is translated as a whole where its front end gets its first endpoint or loses its last', () => {
    const [none, one] = [[slice([])], [slice([endpoint('10.244.1.1')])]];
    const web = service();
    assert.equal(withOtherEndpoints(web, one, nodeAt, translate(web, none)), undefined);
    assert.equal(withOtherEndpoints(web, none, nodeAt, translate(web, one)), undefined);
  });

  it('is translated as a whole where an endpoint is refused', () => {
    const web = service();
    const before = translate(web, [slice([endpoint('10.244.1.1')])]);
    const now = [slice([endpoint('10.244.1.1'), endpoint('127.0.0.1')])];
    assert.equal(withOtherEndpoints(web, now, nodeAt, before), undefined);
  });

  it('has no endpoint of another node with policy Local, if one of this node stays', () => {
    const web = service({ internalTrafficPolicy: 'Local' });
    const before = [slice([endpoint('10.244.1.1', onThisNode)])];
    const now = [slice([...(before[0]?.endpoints ?? []), endpoint('10.244.1.2')])];
    const kept = asHeld(now, before);
    const after = withOtherEndpoints(web, kept, nodeAt, translate(web, before), before);
    assert.deepEqual(after && routes(after), ['TCP 10.96.0.1:80 -> 10.244.1.1:8080']);
  });

  it('has the target port of its slice', () => {
    const before = translate(service(), [slice([endpoint('10.244.1.1')])]);
    const now = [slice([endpoint('10.244.1.1')], { ports: [endpointPort({ port: 9090 })] })];
    const after = withOtherEndpoints(service(), now, nodeAt, before);
    assert.deepEqual(after && routes(after), ['TCP 10.96.0.1:80 -> 10.244.1.1:9090']);
  });
});

function short(before: Translation, endpoints: readonly Endpoint[]): Translation {
  const after = withOtherEndpoints(service(), [slice(endpoints)], nodeAt, before);
  assert.ok(after !== undefined);
  return after;
}
