import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import { parseService } from '../../../src/cluster/parse-service.ts';
import { withClaims } from '../../../src/desired/claimed-front-ends.ts';
import { DesiredState, ServiceClaims } from '../../../src/desired/desired-state.ts';
import { PlaceMap } from '../../../src/reconcile/place-map.ts';
import type { AddressOwner } from '../../../src/translate/address-owner.ts';
import type {
  AddressFate,
  Decision,
  FrontEndFate,
  VipRefusal,
} from '../../../src/translate/decisions.ts';
import { describeDecision } from '../../../src/translate/describe-decision.ts';
import type { NodeFacts } from '../../../src/translate/node-facts.ts';
import {
  translateService,
  type TranslationSettings,
} from '../../../src/translate/translate-service.ts';
import { cidr, ip, service, servicePort } from '../../support/cluster-objects.ts';
import {
  decide as decideAbout,
  notMet,
  usualTranslation,
  type RememberedDecisions,
} from '../../support/decisions.ts';
import { place, placeAt } from '../../support/place.ts';

const met: Decision[] = [];

function decide(...given: Parameters<typeof decideAbout>): RememberedDecisions {
  const decisions = decideAbout(...given);
  met.push(...decisions.all);
  return decisions;
}

describe('the decision about an address', () => {
  function addresses(
    fields: Partial<Service>,
    at?: NodeFacts,
    settings?: Partial<TranslationSettings>,
  ): string[] {
    return decide(service(fields), [], at, settings)
      .about('address')
      .filter((line) => !line.startsWith('cluster IP'));
  }

  it('is that it is bound, or found on another link', () => {
    const externalIPs = [ip('192.0.2.10'), ip('198.51.100.20')];
    assert.deepEqual(
      decide(service({ externalIPs }), [], placeAt(ip('192.0.2.10'))).about('address'),
      [
        'cluster IP 10.96.0.1: bound on kube-ipvs0',
        'external IP 198.51.100.20: bound on kube-ipvs0',
        'external IP 192.0.2.10: served, not bound on kube-ipvs0: another link of this node has it',
      ],
    );
  });

  it('is that its load balancer is a proxy', () => {
    const { value } = parseService({
      metadata: { name: 'web', namespace: 'default' },
      spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }] },
      status: {
        loadBalancer: {
          ingress: [{ ip: '203.0.113.10' }, { ip: '203.0.113.12', ipMode: 'Proxy' }],
        },
      },
    });
    assert.ok(value !== undefined);
    assert.deepEqual(decide(value).about('address'), [
      'load-balancer IP 203.0.113.12: left to the load balancer: its ipMode is Proxy',
      'cluster IP 10.96.0.1: bound on kube-ipvs0',
      'load-balancer IP 203.0.113.10: bound on kube-ipvs0',
    ]);
  });

  it('is that the Service has no cluster IP of its family', () => {
    assert.deepEqual(addresses({ externalIPs: [ip('2001:db8:1::20')] }), [
      'external IP 2001:db8:1::20: not served: the Service has no cluster IP of IPv6',
    ]);
  });

  it('names the kind that counts where it is there twice', () => {
    const again = ip('198.51.100.20');
    assert.deepEqual(addresses({ externalIPs: [again, again], loadBalancerIPs: [again] }), [
      'external IP 198.51.100.20: listed twice: it counts once',
      'load-balancer IP 198.51.100.20: counts as external IP, as which it is listed too',
      'external IP 198.51.100.20: bound on kube-ipvs0',
    ]);
  });

  const owners: Readonly<Record<string, AddressOwner>> = {
    '192.0.2.1': { kind: 'API server', ports: [6443] },
    '192.0.2.10': { kind: 'API server', ports: [6443] },
    '192.0.2.11': { kind: 'Node', name: 'node-b' },
    '192.0.2.12': { kind: 'not known yet' },
  };
  const at = {
    ...placeAt(ip('192.0.2.10')),
    ownerOf: ({ text }: { readonly text: string }) => owners[text],
  };

  for (const [address, why] of [
    ['192.0.2.1', 'is an address of the API server'],
    ['192.0.2.11', 'is an address of Node node-b'],
    ['192.0.2.12', 'may be an address of a Node: the Nodes have not been listed yet'],
    ['203.0.113.7', 'is in kubeIpvs.protectedCIDRs (203.0.113.0/28)'],
    [
      '198.51.100.7',
      'is outside: kubeIpvs.externalIPCIDRs allows external IPs in 192.0.2.0/24, 203.0.113.0/24 only',
    ],
  ] as const) {
    it(`says why it is refused: it ${why}`, () => {
      const settings = {
        externalIPs: [cidr('192.0.2.0/24'), cidr('203.0.113.0/24')],
        protectedRanges: [cidr('203.0.113.0/28')],
      };
      assert.deepEqual(addresses({ externalIPs: [ip(address)] }, at, settings), [
        `external IP ${address}: refused: it ${why}`,
      ]);
    });
  }

  it('leaves an API server its port at an address of this node', () => {
    const ports = [servicePort({ port: 6443 }), servicePort({ name: 'b', port: 80 })];
    assert.deepEqual(
      decide(service({ ports, externalIPs: [ip('192.0.2.10')] }), [], at).about('front end'),
      [
        'TCP 10.96.0.1:6443 (cluster IP): served',
        'TCP 192.0.2.10:6443 (external IP): left to the API server, which answers there on this node',
        'TCP 10.96.0.1:80 (cluster IP): served',
        'TCP 192.0.2.10:80 (external IP): served',
      ],
    );
  });
});

describe('the decision about a front end', () => {
  it('is made for each address that a node port is reached at', () => {
    const ports = [servicePort({ nodePort: 30_080 })];
    const at = placeAt(ip('192.0.2.10'), ip('2001:db8::10'));
    assert.deepEqual(decide(service({ ports }), [], at).about('front end'), [
      'TCP 10.96.0.1:80 (cluster IP): served',
      'TCP 192.0.2.10:30080 (node port): served',
    ]);
  });

  it('is that a node port has no address', () => {
    const ports = [servicePort({ nodePort: 30_080 })];
    assert.deepEqual(
      decide(service({ ports }), [], placeAt(ip('2001:db8::10'))).about('front end'),
      [
        'TCP 10.96.0.1:80 (cluster IP): served',
        'TCP 30080 (node port, IPv4): not served: this node has no address of that family in nodePortAddresses',
      ],
    );
  });

  it('is that it is served with the port ranges, but for node ports, where affinity goes across ports', () => {
    const ports = [servicePort({ nodePort: 30_080 })];
    const annotations = new Map([['kube-ipvs.io/affinity-across-ports', 'true']]);
    const sessionAffinity = { kind: 'ClientIP', timeoutSeconds: 600 } as const;
    const sticky = service({ ports, annotations, sessionAffinity });
    const at = { ...placeAt(ip('192.0.2.10')), markOf: () => 5 };
    assert.deepEqual(decide(sticky, [], at).about('front end'), [
      'TCP 10.96.0.1:80 (cluster IP): served with the port ranges, so that a client has one Pod across ports',
      'TCP 192.0.2.10:30080 (node port): served',
    ]);
  });

  it('names the older Service that claims it, as the desired state knows', () => {
    const desired = new DesiredState(new PlaceMap(), new PlaceMap());
    const externalIPs = [ip('198.51.100.20')];
    const older = service({ name: 'older', clusterIPs: [ip('10.96.0.2')], externalIPs });
    const younger = service({ externalIPs });
    const decisions = decide(younger);
    desired.replace(
      new ServiceClaims('default/older'),
      1,
      translateService(older, [], place(), usualTranslation),
    );
    desired.replace(
      new ServiceClaims('default/web'),
      2,
      translateService(younger, [], place(), usualTranslation),
    );
    const claimed = decisions.all.flatMap((decision) =>
      withClaims(decision, 'default/web', desired),
    );
    met.push(...claimed);
    assert.deepEqual(claimed.filter(({ about }) => about === 'front end').map(describeDecision), [
      'TCP 10.96.0.1:80 (cluster IP): served',
      'TCP 198.51.100.20:80 (external IP): owned by Service default/older (older); taken over when that one is deleted',
    ]);
  });
});

describe('decisions about addresses and front ends', () => {
  it('were of each kind in these tests', () => {
    const addressFates: Readonly<Record<AddressFate['kind'], true>> = {
      bound: true,
      'on another link': true,
      'ipMode Proxy': true,
      refused: true,
      'another family': true,
      repeated: true,
    };
    const refusals: Readonly<Record<VipRefusal['kind'], true>> = {
      'outside the allowed ranges': true,
      protected: true,
      'address of a Node': true,
      'address of the API server': true,
      'owner not known yet': true,
    };
    const frontEndFates: Readonly<Record<FrontEndFate['kind'], true>> = {
      served: true,
      'served with the port ranges': true,
      'left to the API server': true,
      'claimed by an older Service': true,
      'no node address': true,
    };
    const addresses = met.filter((decision) => decision.about === 'address');
    const frontEnds = met.filter((decision) => decision.about === 'front end');
    const refused = addresses.flatMap(({ fate }) =>
      fate.kind === 'refused' ? [fate.why.kind] : [],
    );
    assert.deepEqual(
      notMet(
        addressFates,
        addresses.map(({ fate }) => fate.kind),
      ),
      [],
    );
    assert.deepEqual(notMet(refusals, refused), []);
    assert.deepEqual(
      notMet(
        frontEndFates,
        frontEnds.map(({ fate }) => fate.kind),
      ),
      [],
    );
  });
});
