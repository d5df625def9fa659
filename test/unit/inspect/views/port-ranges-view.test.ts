import assert from 'node:assert/strict';
import { showJson } from '../../../../src/cli/show/json.ts';
import { showText } from '../../../../src/cli/show/text.ts';
import { everything } from '../../../../src/inspect/service-query.ts';
import type { Service } from '../../../../src/cluster/objects.ts';
import { endpoint, ip, service, servicePort, slice } from '../../../support/cluster-objects.ts';
import { asking } from '../../../support/sip.ts';
import { ShownWorld } from '../../../support/shown.ts';

const mark = 'fwmark 1 (IPv4)';
const vip = ip('203.0.113.9');

/** `default/web`, UDP 5060 and a range, at a load-balancer IP, with a Pod here and one on node-b. */
function worldOf(fields: Partial<Service> = {}): ShownWorld {
  const world = new ShownWorld();
  world.store.setService(
    service({
      annotations: new Map(Object.entries(asking('10000-20000/UDP, 5061/TCP'))),
      ports: [servicePort({ protocol: 'UDP', port: 5060 })],
      loadBalancerIPs: [vip],
      ...fields,
    }),
  );
  world.store.setSlice(
    slice(
      [
        endpoint('10.244.1.1', { podName: 'sip-0', nodeName: 'node-a' }),
        endpoint('10.244.2.1', { podName: 'sip-1' }),
      ],
      { ports: [{ name: '', protocol: 'UDP', port: 5060 }] },
    ),
  );
  world.programAll(2, 1);
  return world;
}

/** The older `default/first`, which has 15000-16000 of the same address. */
function addOlder(world: ShownWorld): void {
  const annotations = new Map(Object.entries(asking('15000-16000/UDP')));
  const clusterIPs = [ip('10.96.0.2')];
  const fields = { name: 'first', createdAt: -1, loadBalancerIPs: [vip] };
  world.store.setService(service({ annotations, clusterIPs, ...fields }));
  world.translate();
}

const plain = { withColours: false, isFiltered: false } as const;

describe('the view of port ranges', () => {
  it('is a virtual server with its mark, its ranges and its addresses', () => {
    const [view] = worldOf()
      .view()
      .virtualServers.filter(({ portRanges }) => portRanges !== null);
    assert.deepEqual([view?.key, view?.frontEnd, view?.servicePort], [mark, 'port ranges', null]);
    assert.deepEqual(view?.portRanges, {
      mark: 1,
      addresses: [
        {
          ...{ address: '10.96.0.1', kind: 'cluster IP' },
          ranges: ['5061/TCP', '10000-20000/UDP'],
          text: '10.96.0.1:5061/TCP, 10000-20000/UDP',
        },
        {
          ...{ address: '203.0.113.9', kind: 'load-balancer IP' },
          ranges: ['5061/TCP', '10000-20000/UDP'],
          text: '203.0.113.9:5061/TCP, 10000-20000/UDP',
        },
      ],
    });
    assert.deepEqual(view.state, { kind: 'in place' });
    assert.deepEqual(
      view.realServers.map(({ address, pod, here, weight }) => [address, pod, here, weight]),
      [
        ['10.244.1.1:0', 'sip-0', true, 1],
        ['10.244.2.1:0', 'sip-1', false, 1],
      ],
    );
  });

  it('is one for each mark where policies differ, with who gets nothing of it', () => {
    const views = worldOf({ externalTrafficPolicy: 'Local' })
      .view()
      .virtualServers.filter(({ portRanges }) => portRanges !== null);
    assert.deepEqual(
      views.map(({ key, portRanges, realServers, unusedCounts }) => [
        key,
        portRanges?.addresses.map(({ address }) => address),
        realServers.map(({ pod }) => pod),
        unusedCounts,
      ]),
      [
        [mark, ['10.96.0.1'], ['sip-0', 'sip-1'], {}],
        ['fwmark 2 (IPv4)', ['203.0.113.9'], ['sip-0'], { 'on another node': 1 }],
      ],
    );
  });

  it('has the ports of the spec among them, with affinity across ports', () => {
    const annotations = new Map(
      Object.entries(asking('10000-20000/UDP', { 'kube-ipvs.io/affinity-across-ports': 'true' })),
    );
    const sessionAffinity = { kind: 'ClientIP', timeoutSeconds: 600 } as const;
    const { virtualServers } = worldOf({ annotations, sessionAffinity }).view();
    assert.deepEqual(
      virtualServers.map(({ key, portRanges }) => [key, portRanges?.addresses[0]?.ranges]),
      [[mark, ['5060,10000-20000/UDP']]],
    );
  });

  it('has what the Service holds, and names what an older one does', () => {
    const world = worldOf();
    addOlder(world);
    const { virtualServers, refusals, problems } = world.view();
    const marked = virtualServers.find(({ key }) => key === mark);
    assert.deepEqual(
      marked?.portRanges?.addresses.map(({ text }) => text),
      ['10.96.0.1:5061/TCP, 10000-20000/UDP', '203.0.113.9:5061/TCP, 10000-14999,16001-20000/UDP'],
    );
    assert.deepEqual(refusals, [
      '15000-16000/UDP at 203.0.113.9 (load-balancer IP): owned by Service default/first (older); taken over when that one is deleted or has them no longer',
    ]);
    assert.deepEqual(
      problems.map(({ reason, advice }) => [reason, advice]),
      [['PortRangeConflict', 'give one of the two Services other ports, or another address']],
    );
  });

  it('is there without an address where an older Service has all of it', () => {
    const world = worldOf({
      annotations: new Map(
        Object.entries(
          asking('15000-15010/UDP', { 'kube-ipvs.io/port-ranges-on': 'loadbalancer' }),
        ),
      ),
    });
    addOlder(world);
    const marked = world.view().virtualServers.find(({ key }) => key === mark);
    assert.deepEqual(marked?.portRanges, { mark: 1, addresses: [] });
    assert.deepEqual(
      marked.realServers.map(({ pod }) => pod),
      ['sip-0', 'sip-1'],
    );
  });
});

describe('what show prints of port ranges', () => {
  it('for people is the mark as ipvsadm has it, and a line for each address', async () => {
    const text = showText(await worldOf().shown(), { ...plain, detail: 'table' });
    assert.deepEqual(text.split('\n').slice(7), [
      'fwmark 1 (IPv4)       default/web    rr                ok              4       2',
      '   = 10.96.0.1:5061/TCP, 10000-20000/UDP',
      '   = 203.0.113.9:5061/TCP, 10000-20000/UDP',
      '  -> 10.244.1.1:0     sip-0          node-a (here)     active  1       2       1',
      '  -> 10.244.2.1:0     sip-1          node-b            active  1       2       1',
      '',
    ]);
  });

  it('for programs has the mark, the addresses and the ranges', async () => {
    let text = '';
    for await (const part of showJson(worldOf().node, everything, new Map())) {
      text += part;
    }
    const { virtualServers } = JSON.parse(text) as {
      virtualServers: { fwmark?: number; portRanges?: unknown; service: string }[];
    };
    const marked = virtualServers.find(({ fwmark }) => fwmark === 1);
    assert.equal(marked?.service, 'default/web');
    assert.match(
      JSON.stringify(marked.portRanges),
      /^\{"mark":1,"addresses":\[\{"address":"10\.96\.0\.1","kind":"cluster IP","ranges":\["5061\/TCP","10000-20000\/UDP"\]/,
    );
  });

  it('is found by the address and a port in a range', async () => {
    const world = worldOf();
    const services = async (port: number) =>
      (await world.shown({ address: { address: vip, port } })).services.map(({ key }) => key);
    assert.deepEqual(await services(10_042), ['default/web']);
    assert.deepEqual(await services(20_001), []);
  });
});
