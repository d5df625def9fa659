import assert from 'node:assert/strict';
import { plainSettings } from '../../../support/ipvs-examples.ts';
import type { Protocol } from '../../../../src/net/protocol.ts';
import { formatVirtualServer, type VirtualServerId } from '../../../../src/kernel/ipvs/model.ts';
import type { ListedVirtualServer } from '../../../../src/kernel/ipvs/read-table.ts';
import { IpAddress } from '../../../../src/net/ip-address.ts';
import {
  kubeProxyNodePorts,
  kubeProxySets,
  kubeProxyVips,
} from '../../../../src/kernel/takeover/kube-proxy-names.ts';
import { findLeftovers, nodePortKey } from '../../../../src/kernel/takeover/leftovers.ts';

const claims = {
  vips: new Set(['10.96.0.1', 'fd00::1']),
  nodePorts: new Set([nodePortKey('TCP', 30080)]),
};
const nodeAddresses = new Set(['192.168.0.2']);

describe('what kube-proxy has left', () => {
  it('are the virtual servers at its VIPs, whatever the port', () => {
    assert.deepEqual(found(server('10.96.0.1', 80), server('fd00::1', 53, 'UDP')), [
      'TCP 10.96.0.1:80',
      'UDP [fd00::1]:53',
    ]);
  });

  it('are the virtual servers at its node ports on addresses of the node', () => {
    assert.deepEqual(found(server('192.168.0.2', 30080)), ['TCP 192.168.0.2:30080']);
  });

  it('are not virtual servers at the number of a node port elsewhere or of another protocol', () => {
    assert.deepEqual(
      found(
        server('192.168.0.3', 30080),
        server('192.168.0.2', 30081),
        server('192.168.0.2', 30080, 'UDP'),
      ),
      [],
    );
  });

  it('are not virtual servers that were taken over', () => {
    assert.deepEqual(found(server('10.96.0.1', 80, 'TCP', true)), []);
  });

  it('are not virtual servers of firewall marks, which kube-proxy never makes', () => {
    assert.deepEqual(found(listed({ kind: 'fwmark', family: 'IPv4', fwmark: 7 }, false)), []);
  });

  it('are not virtual servers of an administrator', () => {
    assert.deepEqual(found(server('203.0.113.9', 80)), []);
  });

  it('are the addresses that it says it has bound and nobody took over', () => {
    const { boundAddresses } = findLeftovers(
      claims,
      [],
      [
        { address: address('10.96.0.1'), owned: false, settled: true },
        { address: address('fd00::1'), owned: true, settled: true },
        { address: address('203.0.113.9'), owned: false, settled: true },
      ],
      nodeAddresses,
    );
    assert.deepEqual(boundAddresses.map(String), ['10.96.0.1']);
  });

  it('is nothing where its sets are gone', () => {
    assert.deepEqual(
      findLeftovers(
        { vips: new Set(), nodePorts: new Set() },
        [server('10.96.0.1', 80), server('192.168.0.2', 30080)],
        [{ address: address('10.96.0.1'), owned: false, settled: true }],
        nodeAddresses,
      ),
      { virtualServers: [], boundAddresses: [] },
    );
  });
});

describe('the names of kube-proxy', () => {
  for (const { family, prefix } of [
    { family: 'IPv4', prefix: 'KUBE-' },
    { family: 'IPv6', prefix: 'KUBE-6-' },
  ] as const) {
    it(`of sets of ${family} begin with ${prefix} and are no longer than the kernel takes`, () => {
      const names = kubeProxySets(family);
      assert.equal(names.length, 17);
      assert.equal(new Set(names).size, names.length);
      for (const name of names) {
        assert.ok(name.startsWith(prefix), name);
        assert.ok(name.length <= 31, name);
      }
    });

    it(`of sets of ${family} hold those that are read for what is kube-proxy's`, () => {
      const names = kubeProxySets(family);
      const read = [kubeProxyVips(family), ...Object.values(kubeProxyNodePorts(family))];
      for (const set of read) {
        assert.ok(names.includes(set.name), set.name);
        assert.equal(set.family, family);
      }
    });
  }

  it('of a set of IPv6 that is too long is cut, as kube-proxy cuts it', () => {
    assert.ok(kubeProxySets('IPv6').includes('KUBE-6-LOAD-BALANCER-SOURCE-CID'));
    assert.ok(kubeProxySets('IPv4').includes('KUBE-LOAD-BALANCER-SOURCE-CIDR'));
  });

  it('of the sets of node ports are those of their protocols', () => {
    const { TCP, UDP, SCTP } = kubeProxyNodePorts('IPv6');
    assert.deepEqual(
      [TCP, UDP, SCTP].map(({ name, type }) => `${name} ${type}`),
      [
        'KUBE-6-NODE-PORT-TCP bitmap:port',
        'KUBE-6-NODE-PORT-UDP bitmap:port',
        'KUBE-6-NODE-PORT-SCTP-HASH hash:ip,port',
      ],
    );
  });
});

function found(...virtualServers: readonly ListedVirtualServer[]): readonly string[] {
  return findLeftovers(claims, virtualServers, [], nodeAddresses).virtualServers.map(
    formatVirtualServer,
  );
}

function server(
  text: string,
  port: number,
  protocol: Protocol = 'TCP',
  owned = false,
): ListedVirtualServer {
  return listed({ kind: 'address', protocol, address: address(text), port }, owned);
}

function listed(id: VirtualServerId, owned: boolean): ListedVirtualServer {
  return { id, settings: { ...plainSettings, owned }, realServers: [] };
}

function address(text: string): IpAddress {
  const parsed = IpAddress.parse(text);
  assert.ok(parsed !== undefined);
  return parsed;
}
