import assert from 'node:assert/strict';
import {
  findCaptured,
  type CandidateAddress,
  type KernelClaims,
} from '../../../../src/kernel/captured/find-captured.ts';
import { formatVirtualServer } from '../../../../src/kernel/ipvs/model.ts';
import type { ListedVirtualServer } from '../../../../src/kernel/ipvs/read-table.ts';
import { ip } from '../../../support/cluster-objects.ts';
import { plainSettings, realServer, virtualServer } from '../../../support/ipvs-examples.ts';

const address = '192.0.2.1';
const ours: CandidateAddress = {
  address: ip(address),
  owned: true,
  settled: true,
  apiServerPorts: [6443],
};
const unmarked: CandidateAddress = { ...ours, owned: false };
const noClaims: KernelClaims = {
  clusterIps: new Set(),
  kubeProxyVips: new Set(),
  virtualServers: [],
};

function server(at: string, port: number, owned: boolean): ListedVirtualServer {
  return {
    id: virtualServer(at, port),
    settings: { ...plainSettings, owned },
    realServers: [
      { realServer: realServer('10.244.1.1'), activeConnections: 0, inactiveConnections: 0 },
    ],
  };
}

function found(candidate: CandidateAddress, claims: Partial<KernelClaims> = {}): string[] {
  const { addresses, virtualServers } = findCaptured([candidate], { ...noClaims, ...claims });
  return [...addresses.map(String), ...virtualServers.map(formatVirtualServer)];
}

describe('an address of the API server that is bound here', () => {
  it('goes where it is ours, with our virtual servers at it and no other ones', () => {
    const virtualServers = [
      server(address, 6443, true),
      server(address, 80, false),
      server('192.0.2.2', 80, true),
    ];
    assert.deepEqual(found(ours, { virtualServers }), [address, `TCP ${address}:6443`]);
  });

  it("goes where kube-proxy's own sets say that it is kube-proxy's, with its virtual servers", () => {
    const kubeProxyVips = new Set([address]);
    const virtualServers = [server(address, 80, false)];
    assert.deepEqual(found(unmarked, { kubeProxyVips, virtualServers }), [
      address,
      `TCP ${address}:80`,
    ]);
  });

  it('stays where it bears no mark: somebody else has bound it', () => {
    assert.deepEqual(found(unmarked, { virtualServers: [server(address, 80, false)] }), []);
  });

  it('stays where it is a cluster IP: it may be the way to the API server', () => {
    assert.deepEqual(found(ours, { clusterIps: new Set([address]) }), []);
  });

  describe('in a kernel without sets, which tell cluster IPs,', () => {
    const clusterIps = undefined;

    it('stays where its port is forwarded to real servers', () => {
      const virtualServers = [server(address, 6443, true)];
      assert.deepEqual(found(ours, { clusterIps, virtualServers }), []);
    });

    it('goes where its port is not', () => {
      const virtualServers = [server(address, 80, true)];
      assert.deepEqual(found(ours, { clusterIps, virtualServers }), [address, `TCP ${address}:80`]);
      assert.deepEqual(
        found(ours, {
          clusterIps,
          virtualServers: [{ ...server(address, 6443, true), realServers: [] }],
        }),
        [address, `TCP ${address}:6443`],
      );
    });

    it('stays for any port where it is only protected by the operator', () => {
      const virtualServers = [server(address, 80, true)];
      const candidate = { ...ours, apiServerPorts: undefined };
      assert.deepEqual(found(candidate, { clusterIps, virtualServers }), []);
      assert.deepEqual(found(candidate, { clusterIps }), [address]);
    });
  });
});
