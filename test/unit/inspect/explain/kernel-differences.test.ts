import assert from 'node:assert/strict';
import type { KernelLook } from '../../../../src/inspect/explain/explain.ts';
import { formatVirtualServer } from '../../../../src/kernel/ipvs/model.ts';
import type { ListedVirtualServer } from '../../../../src/kernel/ipvs/read-table.ts';
import { ip } from '../../../support/cluster-objects.ts';
import { explained, pod, textsOf, web, worldOf } from '../../../support/explained.ts';
import { annotated } from '../../../support/network-services.ts';
import { plainSettings, realServer, virtualServer } from '../../../support/ipvs-examples.ts';

const clusterIp = '10.96.0.10:80';

interface Listed {
  readonly port?: number;
  readonly owned?: boolean;
  readonly scheduler?: string;
  /** By their addresses. */
  readonly weights?: Readonly<Record<string, number>>;
}

const asDesired = { '10.244.1.7': 1, '10.244.2.3': 1 };

function listed({ port = 80, owned = true, scheduler = 'rr', weights = asDesired }: Listed = {}) {
  return {
    id: virtualServer('10.96.0.10', port),
    settings: { ...plainSettings, owned, scheduler },
    realServers: Object.entries(weights).map(([address, weight]) => ({
      realServer: { ...realServer('10.244.1.1'), address: ip(address), weight },
      activeConnections: 0,
      inactiveConnections: 0,
    })),
  } satisfies ListedVirtualServer;
}

function kernelWith(
  virtualServers: readonly ListedVirtualServer[],
  bound: readonly string[] = ['10.96.0.10'],
): KernelLook {
  const table = new Map(virtualServers.map((each) => [formatVirtualServer(each.id), each]));
  return {
    virtualServer: (key) => table.get(key),
    isBound: (address) => bound.includes(address),
  };
}

function warningsOf(kernel: KernelLook | undefined, to = clusterIp): readonly string[] {
  const options = kernel === undefined ? {} : { kernel };
  return explained(worldOf(web(), options), pod, to).warnings;
}

describe('an explanation warns', () => {
  it('of full real servers, and that new connections are refused for them', () => {
    const there = listed();
    const realServers = there.realServers.map((each) => ({
      ...each,
      realServer: { ...each.realServer, upperThreshold: 2 },
      activeConnections: 2,
    }));
    const warnings = warningsOf(kernelWith([{ ...there, realServers }]));
    assert.equal(warnings.length, 3);
    assert.match(warnings[0] ?? '', /10\.244\.1\.7:8080 .* gets no new ones/);
    assert.match(warnings[2] ?? '', /all its 2 real servers .* refused; add Pods, or raise/);
    const one = realServers.map((each, index) => ({ ...each, activeConnections: 2 - index }));
    assert.equal(warningsOf(kernelWith([{ ...there, realServers: one }])).length, 1);
  });

  it('of no slow start that is under way', () => {
    const starting = annotated(web(), {
      'kube-ipvs.io/scheduler': 'wrr',
      'kube-ipvs.io/slow-start': '30s',
    });
    const warnings = (weight: number) => {
      const kernel = kernelWith([
        listed({ scheduler: 'wrr', weights: { '10.244.1.7': 10, '10.244.2.3': weight } }),
      ]);
      return explained(worldOf(starting, { kernel }), pod, clusterIp).warnings;
    };
    assert.deepEqual(warnings(3), []);
    assert.match(warnings(0).join(), /with weight 0, not 10: it gets no new connections/);
  });

  it('of nothing where the kernel is as desired, or was not read', () => {
    assert.deepEqual(warningsOf(kernelWith([listed()])), []);
    assert.deepEqual(warningsOf(undefined), []);
  });

  for (const [title, kernel, warnings] of [
    [
      'of a virtual server that is missing',
      kernelWith([]),
      ['the kernel has no virtual server TCP 10.96.0.10:80'],
    ],
    [
      'of a VIP that is not bound',
      kernelWith([listed()], []),
      ['the kernel does not have 10.96.0.10 on kube-ipvs0: packets to it go by'],
    ],
    [
      'of another scheduler',
      kernelWith([listed({ scheduler: 'wlc' })]),
      ['the kernel has TCP 10.96.0.10:80 with the scheduler wlc, not rr'],
    ],
    [
      'of real servers that are missing, or get nothing',
      kernelWith([listed({ weights: { '10.244.1.7': 0 } })]),
      [
        'the kernel has the real server 10.244.1.7:8080 of TCP 10.96.0.10:80 with weight 0, not 1: it gets no new connections',
        'the kernel lacks the real server 10.244.2.3:8080 of TCP 10.96.0.10:80: nothing is sent to it',
      ],
    ],
    [
      'of a real server that is no candidate any more',
      kernelWith([listed({ weights: { ...asDesired, '10.244.2.9': 1 } })]),
      [
        'the kernel has the real server 10.244.2.9:8080 of TCP 10.96.0.10:80, which is no candidate any more; it is to be: begins to drain: gets weight 0, and is deleted when its connections are over',
      ],
    ],
    [
      'of none that drains',
      kernelWith([listed({ weights: { ...asDesired, '10.244.2.9': 0 } })]),
      [],
    ],
  ] as const) {
    it(title, () => {
      assert.deepEqual(warningsOf(kernel), warnings);
    });
  }

  it('of nothing at an address that the configuration excludes', () => {
    const configuration = { ipvs: { excludeCIDRs: ['10.96.0.0/12'] } };
    const world = worldOf(web(), { kernel: kernelWith([], []), configuration });
    assert.deepEqual(explained(world, pod, clusterIp).warnings, []);
  });

  it('of a virtual server that no Service wants any more', () => {
    assert.deepEqual(warningsOf(kernelWith([listed({ port: 81 })]), '10.96.0.10:81'), [
      'the kernel still has the virtual server TCP 10.96.0.10:81, which no Service wants any more',
    ]);
  });
});

describe('a virtual server of somebody else', () => {
  const kernel = kernelWith([listed({ port: 81, owned: false })]);
  const world = worldOf(web(), { kernel });

  it('at a VIP gets nothing from Pods', () => {
    const explanation = explained(world, pod, '10.96.0.10:81');
    assert.equal(explanation.verdict, 'refused');
    assert.ok(
      textsOf(explanation).some((text) => text.includes('of somebody else, which gets nothing')),
    );
  });

  it('at a VIP gets nothing from processes of the node either', () => {
    assert.equal(explained(world, 'node', '10.96.0.10:81').verdict, 'refused');
  });

  it('at a VIP takes what processes of the node send, which meet IPVS before the chains of iptables', () => {
    const withIptables = worldOf(web(), { kernel, packetFilter: 'iptables' });
    const explanation = explained(withIptables, 'node', '10.96.0.10:81');
    assert.equal(explanation.verdict, 'not-ours');
    assert.ok(
      textsOf(explanation).some((text) =>
        text.includes('of somebody else, which takes the packet'),
      ),
    );
  });
});
