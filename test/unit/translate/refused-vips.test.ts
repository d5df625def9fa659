import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import { formatProblem } from '../../../src/base/problem.ts';
import type { AddressOwner } from '../../../src/translate/address-owner.ts';
import type { TranslationSettings } from '../../../src/translate/translate-service.ts';
import { cidr, ip, service, servicePort } from '../../support/cluster-objects.ts';
import { placeAt } from '../../support/place.ts';
import { onePod, routes, translate } from '../../support/translation.ts';

const owners: Readonly<Record<string, AddressOwner>> = {
  '192.0.2.1': { kind: 'API server', ports: [6443] },
  '192.0.2.10': { kind: 'API server', ports: [6443] },
  '192.0.2.11': { kind: 'Node', name: 'node-b' },
  '192.0.2.12': { kind: 'not known yet' },
  '198.18.0.5': { kind: 'not known yet' },
  '10.96.0.1': { kind: 'API server', ports: [443] },
};

/** The node has 192.0.2.10 and 198.18.0.5. */
const at = {
  ...placeAt(ip('192.0.2.10'), ip('198.18.0.5')),
  ownerOf: ({ text }: { readonly text: string }) => owners[text],
};

/** The virtual servers, and what is bound, but for the cluster IP; and the problems. */
function become(of: Service, settings: Partial<TranslationSettings> = {}) {
  const translation = translate(of, onePod, at, settings);
  return {
    virtualServers: routes(translation)
      .map((route) => route.split(' ')[1])
      .filter((endpoint) => endpoint !== '10.96.0.1:80' && endpoint !== '10.96.0.1:6443'),
    bound: translation.boundAddresses.map(String).filter((text) => text !== '10.96.0.1'),
    problems: translation.problems.map((problem) => `${problem.reason} ${formatProblem(problem)}`),
  };
}

const elsewhere =
  'they are not served here, and packets to them go where they would go without the Service';

describe('a VIP', () => {
  for (const [kind, reason, field, of] of [
    [
      'external IP',
      'ExternalIPRefused',
      'spec.externalIPs',
      (text: string) => service({ externalIPs: [ip(text)] }),
    ],
    [
      'load-balancer IP',
      'LoadBalancerIPRefused',
      'status.loadBalancer.ingress',
      (text: string) => service({ loadBalancerIPs: [ip(text)] }),
    ],
  ] as const) {
    for (const [address, why] of [
      ['192.0.2.1', '192.0.2.1 is an address of the API server'],
      ['192.0.2.11', '192.0.2.11 is an address of Node node-b'],
      ['203.0.113.7', '203.0.113.7 is in kubeIpvs.protectedCIDRs (203.0.113.0/28)'],
    ] as const) {
      it(`is refused as ${kind} where ${why}`, () => {
        assert.deepEqual(become(of(address), { protectedRanges: [cidr('203.0.113.0/28')] }), {
          virtualServers: [],
          bound: [],
          problems: [
            `${reason} Service default/web: ${field} is ["${address}"]; ${kind}s must be neither addresses of other hosts nor protected, and ${why}; ${elsewhere}`,
          ],
        });
      });
    }
  }

  it('is served at an address of the node itself, which k3s writes into the status', () => {
    assert.deepEqual(become(service({ loadBalancerIPs: ['198.18.0.5', '192.0.2.11'].map(ip) })), {
      virtualServers: ['198.18.0.5:80'],
      bound: [],
      problems: [
        `LoadBalancerIPRefused Service default/web: status.loadBalancer.ingress is ["192.0.2.11"]; load-balancer IPs must be neither addresses of other hosts nor protected, and 192.0.2.11 is an address of Node node-b; ${elsewhere}`,
      ],
    });
  });

  it('leaves the API server of this node its port, and no other', () => {
    const ports = [servicePort(), servicePort({ name: 'b', port: 6443 })];
    assert.deepEqual(become(service({ ports, externalIPs: [ip('192.0.2.10')] })), {
      virtualServers: ['192.0.2.10:80'],
      bound: [],
      problems: [
        `ExternalIPRefused Service default/web: spec.externalIPs is ["192.0.2.10:6443"]; external IPs must be neither addresses of other hosts nor protected, and the API server answers at 192.0.2.10:6443; ${elsewhere}`,
      ],
    });
  });

  it('waits without a word while nobody knows whose it is', () => {
    assert.deepEqual(become(service({ externalIPs: [ip('192.0.2.12')] })), {
      virtualServers: [],
      bound: [],
      problems: [],
    });
  });

  it('is served as a cluster IP whoever has it: the API server has allocated it', () => {
    const translation = translate(service(), onePod, at, {
      protectedRanges: [cidr('10.96.0.0/12')],
    });
    assert.deepEqual(translation.boundAddresses.map(String), ['10.96.0.1']);
    assert.deepEqual(translation.problems, []);
  });

  it('of an own address is refused where the operator protects it', () => {
    const protectedRanges = [cidr('198.18.0.0/24')];
    const { virtualServers } = become(service({ externalIPs: [ip('198.18.0.5')] }), {
      protectedRanges,
    });
    assert.deepEqual(virtualServers, []);
  });

  it('is refused outside the ranges of load-balancer IPs', () => {
    const loadBalancerIPs = [ip('203.0.113.7'), ip('198.51.100.7')];
    assert.deepEqual(
      become(service({ loadBalancerIPs }), { loadBalancerIPs: [cidr('203.0.113.0/24')] }),
      {
        virtualServers: ['203.0.113.7:80'],
        bound: ['203.0.113.7'],
        problems: [
          'LoadBalancerIPRefused Service default/web: status.loadBalancer.ingress is ["198.51.100.7"]; kubeIpvs.loadBalancerIPCIDRs allows load-balancer IPs in 203.0.113.0/24 only; they are left out',
        ],
      },
    );
  });

  it('tells of many refused ones the same, however many there are', () => {
    const of = (count: number) =>
      service({
        externalIPs: Array.from({ length: count }, (_, index) => ip(`203.0.113.${index + 1}`)),
      });
    const settings = { protectedRanges: [cidr('203.0.113.0/24')] };
    assert.deepEqual(become(of(20), settings).problems, become(of(9), settings).problems);
    assert.match(become(of(9), settings).problems[0] ?? '', /"203\.0\.113\.5","and others"\]/);
  });
});
