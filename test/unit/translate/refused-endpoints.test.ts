import assert from 'node:assert/strict';
import { EndpointGuard } from '../../../src/translate/refused-endpoints.ts';
import { endpoint, service } from '../../support/cluster-objects.ts';
import { place } from '../../support/place.ts';

const isVip = ({ text }: { readonly text: string }) => text.startsWith('10.96.');

function guardAfter(...addresses: string[]): {
  readonly guard: EndpointGuard;
  readonly admitted: string[];
} {
  const serviceAt = () => 'kube-system/kube-dns';
  const guard = new EndpointGuard(place({ isVip, serviceAt }));
  const admitted = addresses.filter(
    (address) =>
      guard.admitted([{ endpoints: [endpoint(address)], targetPort: 8080 }]).length === 1,
  );
  return { guard, admitted };
}

describe('an endpoint', () => {
  it('is admitted where it is the address of a host, the node itself included', () => {
    const { guard, admitted } = guardAfter('10.244.1.1', '192.0.2.10', 'fd00:244::1');
    assert.deepEqual(admitted, ['10.244.1.1', '192.0.2.10', 'fd00:244::1']);
    assert.deepEqual(guard.problems(service()), []);
  });

  for (const [address, reason] of [
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['fe80::1', 'link-local'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'multicast'],
    ['0.0.0.0', 'unspecified'],
    ['10.96.0.10', 'a VIP of Service kube-system/kube-dns'],
  ] as const) {
    it(`is refused at ${address}, and the problem says why: ${reason}`, () => {
      const { guard, admitted } = guardAfter(address);
      assert.deepEqual(admitted, []);
      const [problem, ...others] = guard.problems(service());
      assert.deepEqual(others, []);
      assert.equal(problem?.reason, 'EndpointRefused');
      assert.equal(problem.object, 'Service default/web');
      assert.deepEqual(problem.value, [`${address} (${reason})`]);
      assert.match(problem.allowed, /no VIP of a Service; they get no traffic$/);
    });
  }

  it('that is refused is named once, however many ports it has', () => {
    const { guard } = guardAfter('127.0.0.1', '127.0.0.1');
    assert.deepEqual(guard.problems(service())[0]?.value, ['127.0.0.1 (loopback)']);
  });

  it('is counted and not named where there are many', () => {
    const refused = Array.from({ length: 7 }, (_, index) => `127.0.0.${index + 1}`);
    assert.deepEqual(guardAfter(...refused).guard.problems(service())[0]?.value, [
      ...refused.slice(0, 5).map((address) => `${address} (loopback)`),
      'and 2 more',
    ]);
    assert.deepEqual(
      guardAfter(...refused.slice(0, 5)).guard.problems(service())[0]?.value,
      refused.slice(0, 5).map((address) => `${address} (loopback)`),
    );
  });
});
