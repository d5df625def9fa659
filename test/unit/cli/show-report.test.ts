import assert from 'node:assert/strict';
import type { ObservedKernel } from '../../../src/cli/observe-kernel.ts';
import { showJson, showText } from '../../../src/cli/show-report.ts';
import { formatVirtualServer } from '../../../src/kernel/ipvs/model.ts';
import type { ListedVirtualServer } from '../../../src/kernel/ipvs/read-table.ts';
import { ip } from '../../support/cluster-objects.ts';
import { plainSettings, realServer, virtualServer } from '../../support/ipvs-examples.ts';

const web: ListedVirtualServer = {
  id: virtualServer('10.96.0.1'),
  settings: {
    ...plainSettings,
    owned: true,
    persistence: { timeoutSeconds: 600, prefixLength: 32 },
  },
  realServers: [
    {
      realServer: realServer('10.244.1.1'),
      activeConnections: 3,
      inactiveConnections: 12,
    },
  ],
};
const unknown: ListedVirtualServer = {
  id: virtualServer('10.96.0.2', 53, 'UDP'),
  settings: { ...plainSettings, owned: true },
  realServers: [],
};
const foreign: ListedVirtualServer = {
  id: { kind: 'fwmark', family: 'IPv6', fwmark: 7 },
  settings: { ...plainSettings, scheduler: 'wlc' },
  realServers: [],
};

function kernelOf(...listed: readonly ListedVirtualServer[]): ObservedKernel {
  return {
    virtualServers: new Map(listed.map((each) => [formatVirtualServer(each.id), each])),
    boundAddresses: new Map([
      ['fd00::1', { address: ip('fd00::1'), owned: false, settled: true }],
      ['10.96.0.1', { address: ip('10.96.0.1'), owned: true, settled: true }],
    ]),
  };
}

const services = {
  serviceOf: (key: string) => (key === 'TCP 10.96.0.1:80' ? 'default/web' : undefined),
  serviceAt: (vip: string) => (vip === '10.96.0.1' ? 'default/web' : undefined),
};

describe('the table of the kernel', () => {
  it('for people names Services, what is ours without one, and what is foreign', () => {
    assert.equal(
      showText(kernelOf(unknown, foreign, web), services),
      [
        'VIRTUAL SERVER        SCHEDULER  SERVICE                       WEIGHT  ACTIVE  INACTIVE',
        'TCP 10.96.0.1:80      rr         default/web, persistent 600s',
        '  -> 10.244.1.1:8080  masq                                     1       3       12',
        'UDP 10.96.0.2:53      rr         (unknown)',
        'fwmark 7 (IPv6)       wlc        (foreign)',
        '',
      ].join('\n'),
    );
  });

  describe('with a virtual server of others at a VIP', () => {
    const atVip: ListedVirtualServer = {
      id: virtualServer('10.96.0.1', 9090),
      settings: plainSettings,
      realServers: [],
    };
    const elsewhere: ListedVirtualServer = { ...atVip, id: virtualServer('10.9.9.9', 9090) };

    it('says for people that it is refused, and what to do', () => {
      assert.equal(
        showText(kernelOf(atVip, elsewhere), services),
        [
          'VIRTUAL SERVER      SCHEDULER  SERVICE                                     WEIGHT  ACTIVE  INACTIVE',
          'TCP 10.9.9.9:9090   rr         (foreign)',
          'TCP 10.96.0.1:9090  rr         (foreign, refused) at a VIP of default/web',
          '',
          '(foreign, refused): a VIP answers on the ports of its Service alone; give the Service that port, or the virtual server an address of its own.',
          '',
        ].join('\n'),
      );
    });

    it('says it for programs', () => {
      const { virtualServers } = JSON.parse(showJson(kernelOf(atVip, elsewhere), services)) as {
        virtualServers: { address: string; refusedAtVipOf?: string }[];
      };
      assert.deepEqual(
        virtualServers.map(({ address, refusedAtVipOf }) => [address, refusedAtVipOf]),
        [
          ['10.9.9.9:9090', undefined],
          ['10.96.0.1:9090', 'default/web'],
        ],
      );
    });
  });

  it('for people says when there is nothing', () => {
    assert.equal(showText(kernelOf(), services), 'The kernel holds no virtual server.\n');
  });

  it('for programs has the same', () => {
    assert.deepEqual(JSON.parse(showJson(kernelOf(unknown, foreign, web), services)), {
      virtualServers: [
        {
          protocol: 'TCP',
          address: '10.96.0.1:80',
          scheduler: 'rr',
          options: '-p 600',
          service: 'default/web',
          owned: true,
          realServers: [
            {
              address: '10.244.1.1:8080',
              method: 'masq',
              weight: 1,
              activeConnections: 3,
              inactiveConnections: 12,
            },
          ],
        },
        {
          protocol: 'UDP',
          address: '10.96.0.2:53',
          scheduler: 'rr',
          service: null,
          owned: true,
          realServers: [],
        },
        {
          fwmark: 7,
          family: 'IPv6',
          scheduler: 'wlc',
          service: null,
          owned: false,
          realServers: [],
        },
      ],
      boundAddresses: [
        { address: '10.96.0.1/32', owned: true },
        { address: 'fd00::1/128', owned: false },
      ],
    });
  });
});
