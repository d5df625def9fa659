import assert from 'node:assert/strict';
import type { ObservedKernel } from '../../../src/cli/observe-kernel.ts';
import { planJson, planText, type Plan } from '../../../src/cli/plan-report.ts';
import type { ListedVirtualServer } from '../../../src/kernel/ipvs/read-table.ts';
import { formatRealServer, formatVirtualServer } from '../../../src/kernel/ipvs/model.ts';
import type { DesiredFrontEnd } from '../../../src/translate/desired.ts';
import type { PortsWithMark } from '../../../src/translate/marked-ports.ts';
import { cidr, ip } from '../../support/cluster-objects.ts';
import { realServer } from '../../support/ipvs-examples.ts';
import { changed, frontEnd, heldAs, realServers } from '../../support/rows.ts';

const emptyKernel: ObservedKernel = { virtualServers: new Map(), boundAddresses: new Map() };

const web = frontEnd({ realServers: realServers('10.244.1.1', '10.244.1.2') });
const persistence = { timeoutSeconds: 600, prefixLength: 32 };
const sticky = frontEnd({ port: 443, scheduler: 'sh', persistence });

const media: PortsWithMark = {
  ...{ kind: 'load-balancer IP', address: ip('203.0.113.9') },
  ranges: ['5060/TCP', '10000-20000/UDP'],
};

/** What the cluster wants is `rows`, each of the Service `default/web`, bound at 10.96.0.1. */
function planOf(rows: readonly DesiredFrontEnd[], observed: Plan['observed']): Plan {
  return {
    virtualServers: new Map(rows.map((row) => [formatVirtualServer(row.virtualServer.id), row])),
    boundAddresses: new Map(rows.length === 0 ? [] : [['10.96.0.1', ip('10.96.0.1')]]),
    observed,
    excluded: [],
    packetFilter: undefined,
    serviceOf: (key) =>
      key.includes('10.96.0.1') || key.startsWith('fwmark') ? 'default/web' : undefined,
    portRangesOf: (key) => (key.startsWith('fwmark') ? [media] : []),
  };
}

/** A kernel that holds the rows, and 10.96.0.1 where there is one. */
function kernelWith(
  rows: readonly DesiredFrontEnd[],
  settings: Partial<ListedVirtualServer['settings']> = {},
): ObservedKernel {
  const listed = rows.map((row): ListedVirtualServer => {
    const { realServers: held, ...head } = heldAs(row, settings);
    const counters = { activeConnections: 0, inactiveConnections: 0 };
    const list = Array.from(held.values(), (realServer) => ({ realServer, ...counters }));
    return { ...head, realServers: list };
  });
  const address = { address: ip('10.96.0.1'), owned: true, settled: true };
  return {
    virtualServers: new Map(listed.map((each) => [formatVirtualServer(each.id), each])),
    boundAddresses: new Map(rows.length === 0 ? [] : [['10.96.0.1', address]]),
  };
}

function differenceOf(plan: Plan): unknown {
  // The documented form of the output.
  return (JSON.parse(planJson(plan)) as { difference: unknown }).difference;
}

/** Weights 10 and 1, at most 200 connections each, one packet at a time. */
const weighed = frontEnd({
  protocol: 'UDP',
  port: 53,
  scheduler: 'wrr',
  onePacket: true,
  limited: true,
  realServers: new Map(
    [10, 1].map((weight, index) => {
      const limits = { upperThreshold: 200, lowerThreshold: 0 };
      const each = realServer(`10.244.1.${index + 1}`, { weight, ...limits });
      return [formatRealServer(each), each];
    }),
  ),
});

describe('the plan where addresses are excluded (ipvs.excludeCIDRs)', () => {
  const excluded = [cidr('10.96.0.0/24')];

  it('does nothing there, whatever is desired and whatever the kernel holds', () => {
    for (const [rows, held] of [
      [[web], emptyKernel],
      [[], kernelWith([web])],
      [[web], kernelWith([sticky])],
    ] as const) {
      assert.notDeepEqual(differenceOf(planOf(rows, held)), []);
      assert.deepEqual(differenceOf({ ...planOf(rows, held), excluded }), []);
    }
  });

  it('does elsewhere what is to be done', () => {
    const plan = { ...planOf([web], emptyKernel), excluded: [cidr('10.96.0.0/32')] };
    assert.deepEqual(differenceOf(plan), differenceOf(planOf([web], emptyKernel)));
  });
});

describe('the plan of weights, limits and one packet at a time', () => {
  it('shows them to people', () => {
    const [, row] = planText(planOf([weighed], undefined)).split('\n');
    assert.equal(
      row?.replace(/ +/g, ' '),
      'UDP 10.96.0.1:53 wrr -o default/web 10.244.1.1:8080 (weight 10, limit 200) 10.244.1.2:8080 (limit 200)',
    );
  });

  it('shows them to programs', () => {
    const { virtualServers } = JSON.parse(planJson(planOf([weighed], undefined))) as {
      virtualServers: unknown;
    };
    const limits = { upperThreshold: 200, lowerThreshold: 0 };
    assert.deepEqual(virtualServers, [
      {
        protocol: 'UDP',
        address: '10.96.0.1:53',
        scheduler: 'wrr',
        options: '-o',
        realServers: [
          { address: '10.244.1.1:8080', method: 'masq', weight: 10, ...limits },
          { address: '10.244.1.2:8080', method: 'masq', weight: 1, ...limits },
        ],
      },
    ]);
  });

  it('changes them in place, and takes a lesser weight for a slow start that goes on', () => {
    const one = kernelWith([changed(weighed, { onePacket: false })]);
    assert.deepEqual(differenceOf(planOf([weighed], one)), [
      {
        object: 'virtual server UDP 10.96.0.1:53',
        service: 'default/web',
        changes: ['change virtual server UDP 10.96.0.1:53 (scheduler wrr)'],
      },
    ]);
    const slow = changed(weighed, {
      slowStartMs: 30_000,
      realServers: new Map(
        Array.from(weighed.virtualServer.realServers, ([key, each]) => [
          key,
          { ...each, weight: 10 },
        ]),
      ),
    });
    assert.deepEqual(differenceOf(planOf([slow], kernelWith([weighed]))), []);
  });
});

/** A virtual server for a mark, whose real server is reached at the port that a client chooses. */
const marked: DesiredFrontEnd = {
  ...sticky,
  virtualServer: {
    ...sticky.virtualServer,
    id: { kind: 'fwmark', family: 'IPv4', fwmark: 5 },
    realServers: new Map([['10.244.1.1:0', realServer('10.244.1.1', { port: 0 })]]),
  },
};

describe('the plan of port ranges', () => {
  it('shows people the virtual server, and the ports that have its mark', () => {
    const lines = planText(planOf([marked], undefined))
      .split('\n')
      .map((line) => line.trimEnd().replace(/ +/g, ' '));
    assert.deepEqual(lines.slice(1, 5), [
      'fwmark 5 (IPv4) sh -p 600 default/web 10.244.1.1:0',
      '',
      'Port ranges, by mark:',
      ' fwmark 5 (IPv4) 203.0.113.9:5060/TCP, 10000-20000/UDP',
    ]);
  });

  it('shows programs the mark, the addresses and the ranges', () => {
    const { portRanges } = JSON.parse(planJson(planOf([marked], undefined))) as {
      portRanges: unknown;
    };
    assert.deepEqual(portRanges, [
      {
        ...{ mark: 5, family: 'IPv4', service: 'default/web' },
        addresses: [
          {
            ...{ address: '203.0.113.9', kind: 'load-balancer IP' },
            ranges: ['5060/TCP', '10000-20000/UDP'],
          },
        ],
        ...{ scheduler: 'sh', options: '-p 600', realServers: ['10.244.1.1:0'] },
      },
    ]);
  });
});

describe('the plan for programs', () => {
  it('has virtual servers and bound addresses in the documented form', () => {
    const report = planJson(planOf([web, sticky], undefined));
    const { difference, packetFilter, ...shape } = JSON.parse(report) as {
      difference: unknown;
      packetFilter: unknown;
    };
    assert.deepEqual(shape, {
      virtualServers: [
        {
          protocol: 'TCP',
          address: '10.96.0.1:443',
          scheduler: 'sh',
          options: '-p 600',
          realServers: [],
        },
        {
          protocol: 'TCP',
          address: '10.96.0.1:80',
          scheduler: 'rr',
          realServers: [
            { address: '10.244.1.1:8080', method: 'masq', weight: 1 },
            { address: '10.244.1.2:8080', method: 'masq', weight: 1 },
          ],
        },
      ],
      boundAddresses: ['10.96.0.1/32'],
      portRanges: [],
    });
    assert.deepEqual([difference, packetFilter], [null, null], 'the kernel could not be read');
  });

  it('has no difference where the kernel holds all of it', () => {
    assert.deepEqual(differenceOf(planOf([web, sticky], kernelWith([web, sticky]))), []);
  });

  it('has the whole of it where the kernel is empty', () => {
    assert.deepEqual(differenceOf(planOf([web], emptyKernel)), [
      {
        object: 'virtual server TCP 10.96.0.1:80',
        service: 'default/web',
        changes: [
          'add virtual server TCP 10.96.0.1:80 (scheduler rr)',
          'add real server 10.244.1.1:8080 to TCP 10.96.0.1:80',
          'add real server 10.244.1.2:8080 to TCP 10.96.0.1:80',
        ],
      },
      { object: 'bound address 10.96.0.1', changes: ['bind address 10.96.0.1/32'] },
    ]);
  });

  it('has what is ours and no longer wanted, and nothing of what is foreign', () => {
    const removal = differenceOf(planOf([], kernelWith([web])));
    assert.deepEqual(removal, [
      {
        object: 'virtual server TCP 10.96.0.1:80',
        service: 'default/web',
        changes: ['delete virtual server TCP 10.96.0.1:80'],
      },
      { object: 'bound address 10.96.0.1', changes: ['unbind address 10.96.0.1/32'] },
    ]);
    const foreign = kernelWith([web], { owned: false });
    const observed = { ...foreign, boundAddresses: new Map() };
    assert.deepEqual(differenceOf(planOf([], observed)), []);
  });
});

describe('the plan for people', () => {
  it('is a table, and what would be done', () => {
    assert.equal(
      planText(planOf([web, sticky], kernelWith([changed(web, { scheduler: 'lc' }), sticky]))),
      [
        'VIRTUAL SERVER     SCHEDULER  OPTIONS  SERVICE      REAL SERVERS',
        'TCP 10.96.0.1:443  sh         -p 600   default/web  (none)',
        'TCP 10.96.0.1:80   rr         -        default/web  10.244.1.1:8080 10.244.1.2:8080',
        '',
        'To be done (1):',
        '  change virtual server TCP 10.96.0.1:80 (scheduler rr)',
        '',
      ].join('\n'),
    );
  });

  it('says when nothing would be done', () => {
    assert.match(
      planText(planOf([web], kernelWith([web]))),
      /\n\nThe kernel holds all of it already; nothing would be done\.\n$/,
    );
  });

  it('says when the kernel could not be read', () => {
    assert.match(planText(planOf([web], undefined)), /\n\nThe kernel could not be read: .+\n$/);
  });
});

describe('the plan of the packet filter', () => {
  const nothing = { table: undefined, chainsOf: [], sets: [] };
  const why = 'the configuration says so';

  function textOf(packetFilter: Plan['packetFilter']): string {
    return planText({ ...planOf([web], kernelWith([web])), packetFilter });
  }

  it('is the choice with its reason, and that it would be made', () => {
    assert.match(
      textOf({ kind: 'nftables', why, present: nothing }),
      /^Packet filter nftables: the configuration says so\.\n {2}nothing of it is there: it would be made$/m,
    );
  });

  it('is that the other one that is there would go after that', () => {
    const present = { ...nothing, chainsOf: ['iptables-nft'], sets: ['kube-ipvs-vip-4'] };
    assert.match(
      textOf({ kind: 'nftables', why, present }),
      /it would be made; then chains KIPVS-\* of iptables-nft and sets kube-ipvs-\* \(1\) would be removed$/m,
    );
    const both = { ...present, table: 'inet kube-ipvs' };
    assert.match(
      textOf({ kind: 'nftables', why, present: both }),
      /^ {2}table inet kube-ipvs would be kept up; then chains/m,
    );
    assert.match(
      textOf({ kind: 'iptables', why, present: both }),
      /sets kube-ipvs-\* \(1\) would be kept up; then table inet kube-ipvs would be removed$/m,
    );
  });

  it('for programs has the same', () => {
    const packetFilter = { kind: 'iptables', why, present: nothing } as const;
    const plan = { ...planOf([web], emptyKernel), packetFilter };
    assert.deepEqual((JSON.parse(planJson(plan)) as { packetFilter: unknown }).packetFilter, {
      kind: 'iptables',
      why,
      present: { chainsOf: [], sets: [] },
    });
  });
});
