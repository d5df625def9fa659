import assert from 'node:assert/strict';
import type { ListedVirtualServer } from '../../../src/ipvs/read-table.ts';
import { findLeftovers, nodePortKey } from '../../../src/takeover/leftovers.ts';
import { kubeProxySets } from '../../../src/takeover/kube-proxy-names.ts';
import { ip } from '../../support/cluster-objects.ts';
import { plainSettings, virtualServer } from '../../support/ipvs-examples.ts';

const claims = { vips: new Set(['10.96.0.1']), nodePorts: new Set([nodePortKey('TCP', 30_080)]) };
const nodeAddresses = new Set(['192.0.2.10']);

function listed(address: string, port: number, owned = false): ListedVirtualServer {
  return {
    id: virtualServer(address, port),
    settings: { ...plainSettings, owned },
    realServers: [],
  };
}

function found(...virtualServers: readonly ListedVirtualServer[]): number {
  return findLeftovers(claims, virtualServers, [], nodeAddresses).virtualServers.length;
}

describe('what kube-proxy has left', () => {
  it('are virtual servers at the VIPs that its own set names', () => {
    assert.equal(found(listed('10.96.0.1', 80)), 1);
  });

  it('are virtual servers at its node ports, on addresses of the node alone', () => {
    assert.equal(found(listed('192.0.2.10', 30_080)), 1);
    assert.equal(found(listed('192.0.2.10', 30_081)), 0);
    assert.equal(found(listed('198.51.100.1', 30_080)), 0);
  });

  it('is not what kube-ipvs has taken over', () => {
    assert.equal(found(listed('10.96.0.1', 80, true)), 0);
  });

  it("is not anybody else's", () => {
    assert.equal(found(listed('10.9.9.9', 80)), 0);
    const byMark = { kind: 'fwmark', family: 'IPv4', fwmark: 7 } as const;
    assert.equal(found({ ...listed('10.96.0.1', 80), id: byMark }), 0);
  });

  it('are the addresses of its set that do not carry our mark', () => {
    const addresses = [
      { address: ip('10.96.0.1'), owned: false },
      { address: ip('10.96.0.2'), owned: false },
    ];
    const { boundAddresses } = findLeftovers(claims, [], addresses, nodeAddresses);
    assert.deepEqual(boundAddresses.map(String), ['10.96.0.1']);
    const owned = [{ address: ip('10.96.0.1'), owned: true }];
    assert.deepEqual(findLeftovers(claims, [], owned, nodeAddresses).boundAddresses, []);
  });

  it('has sets with names of both families, none of them ours', () => {
    assert.ok(kubeProxySets('IPv4').includes('KUBE-CLUSTER-IP'));
    assert.ok(kubeProxySets('IPv6').includes('KUBE-6-CLUSTER-IP'));
    assert.ok(kubeProxySets('IPv4').every((name) => !name.startsWith('kube-ipvs')));
  });
});
