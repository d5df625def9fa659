import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import type { Decision, PortRangeFate } from '../../../src/translate/decisions.ts';
import { describeDecision } from '../../../src/translate/describe-decision.ts';
import type { NodeFacts } from '../../../src/translate/node-facts.ts';
import { formatPortsWithMark, marksOf } from '../../../src/translate/marked-ports.ts';
import { ip, service, servicePort } from '../../support/cluster-objects.ts';
import { decide as decideAbout, notMet } from '../../support/decisions.ts';
import { place } from '../../support/place.ts';
import { asking } from '../../support/sip.ts';
import { TranslatorWorld } from '../../support/translator-world.ts';

const met: Decision[] = [];
const vip = ip('203.0.113.9');

/** `default/web` that asks for these ports, at a load-balancer IP too. */
function rangesOf(text: string, fields: Partial<Service> = {}): Service {
  const annotations = new Map(Object.entries(asking(text)));
  return service({ annotations, loadBalancerIPs: [vip], ...fields });
}

/** What is decided about port ranges, of which each gets the mark 5. */
function decide(of: Service, at: Partial<NodeFacts> = {}): readonly string[] {
  const decisions = decideAbout(of, [], place({ markOf: () => 5, ...at }));
  met.push(...decisions.all);
  return decisions.about('port range');
}

/** What the desired state makes of the decisions about a Service. */
function decisionsIn(world: TranslatorWorld, key: string): readonly Decision[] {
  const all = world.translator.decisionsOf(key) ?? [];
  met.push(...all);
  return all.filter(({ about }) => about === 'port range');
}

function linesIn(world: TranslatorWorld, key: string): readonly string[] {
  return decisionsIn(world, key).map(describeDecision);
}

describe('the decision about port ranges', () => {
  it('is made for each address and protocol, with the mark', () => {
    assert.deepEqual(decide(rangesOf('10-20/UDP, 30/UDP, 40/TCP')), [
      '40/TCP at 10.96.0.1 (cluster IP): served, by the packet mark 0x5',
      '10-20,30/UDP at 10.96.0.1 (cluster IP): served, by the packet mark 0x5',
      '40/TCP at 203.0.113.9 (load-balancer IP): served, by the packet mark 0x5',
      '10-20,30/UDP at 203.0.113.9 (load-balancer IP): served, by the packet mark 0x5',
    ]);
  });

  it('is made for the addresses alone that they are asked for at', () => {
    assert.deepEqual(decide(rangesOf('*/SCTP')), [
      '1-65535/SCTP at 203.0.113.9 (load-balancer IP): served, by the packet mark 0x5',
    ]);
  });

  it('names the ports of the spec among them, which are served one by one', () => {
    const [served, ordinary] = decide(
      rangesOf('10-20/TCP', { ports: [servicePort({ port: 15 })] }),
    );
    assert.match(String(served), /^10-14,16-20\/TCP at 10\.96\.0\.1/);
    assert.equal(
      ordinary,
      '15/TCP at 10.96.0.1 (cluster IP): ordinary ports of the Service, which have virtual servers of their own',
    );
  });

  it('is that there is no mark, or that the address is one of the node', () => {
    assert.deepEqual(
      decide(rangesOf('10/UDP'), {
        markOf: () => undefined,
        nodeAddresses: new Set(['203.0.113.9']),
      }),
      [
        '10/UDP at 10.96.0.1 (cluster IP): not served: no packet mark is free, kubeIpvs.portRangeMarks has too few bits for all Services',
        '10/UDP at 203.0.113.9 (load-balancer IP): not served: it is an address of this node, whose own listeners they would hide',
      ],
    );
  });

  it('is about ports of the spec that share the mark, where there is one', () => {
    const annotations = new Map([['kube-ipvs.io/affinity-across-ports', 'true']]);
    const sessionAffinity = { kind: 'ClientIP', timeoutSeconds: 600 } as const;
    const sticky = service({ annotations, sessionAffinity });
    assert.deepEqual(decide(sticky), [
      '80/TCP at 10.96.0.1 (cluster IP): served, by the packet mark 0x5',
    ]);
    assert.deepEqual(decide(sticky, { markOf: () => undefined }), []);
  });

  it('is made of nothing that a Service does not ask for', () => {
    assert.deepEqual(decide(service()), []);
  });
});

describe('the decision about port ranges that others ask for too', () => {
  const older = rangesOf('15-25/UDP', {
    ...{ name: 'older', createdAt: -1, clusterIPs: [ip('10.96.0.2')] },
    ports: [servicePort({ protocol: 'UDP', port: 12 })],
  });
  const onlyThere = { 'kube-ipvs.io/port-ranges-on': 'loadbalancer' };
  const annotations = new Map(Object.entries(asking('10-30/UDP', onlyThere)));
  const world = new TranslatorWorld();
  world.store.setService(older);
  world.store.setService(rangesOf('', { annotations }));
  world.translate();

  it('is one for what the Service has, what an older one has, and what has its own virtual server', () => {
    const at = 'at 203.0.113.9 (load-balancer IP)';
    assert.deepEqual(linesIn(world, 'default/web'), [
      `10-11,13-14,26-30/UDP ${at}: served, by the packet mark 0x2`,
      `15-25/UDP ${at}: owned by Service default/older (older); taken over when that one is deleted or has them no longer`,
      `12/UDP ${at}: ordinary ports of Service default/older, which have virtual servers of their own`,
    ]);
  });

  it('says of each mark which ports lead to it', () => {
    const marks = (key: string) =>
      marksOf(decisionsIn(world, key)).map(({ id, traffic, addresses }) => [
        `${id.fwmark} ${id.family} ${traffic}`,
        ...addresses.map(formatPortsWithMark),
      ]);
    assert.deepEqual(marks('default/web'), [
      ['2 IPv4 external', '203.0.113.9:10-11,13-14,26-30/UDP'],
    ]);
    assert.deepEqual(marks('default/older'), [
      ['1 IPv4 internal', '10.96.0.2:15-25/UDP', '203.0.113.9:15-25/UDP'],
    ]);
    assert.equal(
      formatPortsWithMark({
        ...{ kind: 'external IP', address: ip('2001:db8::9') },
        ranges: ['5060/TCP', '1-2/UDP'],
      }),
      '[2001:db8::9]:5060/TCP, 1-2/UDP',
    );
  });
});

describe('decisions about port ranges', () => {
  it('were of each kind in these tests', () => {
    const fates: Readonly<Record<PortRangeFate['kind'], true>> = {
      served: true,
      'no free mark': true,
      'address of the node': true,
      'ordinary ports': true,
      'claimed by an older Service': true,
    };
    const decisions = met.filter((decision) => decision.about === 'port range');
    assert.deepEqual(
      notMet(
        fates,
        decisions.map(({ fate }) => fate.kind),
      ),
      [],
    );
  });
});
