import assert from 'node:assert/strict';
import { foreignVirtualServers } from '../../../../src/doctor/checks/foreign-virtual-servers.ts';
import type { VirtualServerId } from '../../../../src/kernel/ipvs/model.ts';
import type { ListedVirtualServer } from '../../../../src/kernel/ipvs/read-table.ts';
import { ip } from '../../../support/cluster-objects.ts';
import {
  clusterWith,
  findingsOf,
  kindsFound,
  virtualServers,
} from '../../../support/doctor-readers.ts';

const at = (address: string, port = 80): VirtualServerId => ({
  kind: 'address',
  protocol: 'TCP',
  address: ip(address),
  port,
});

function listed(id: VirtualServerId, owned = false): ListedVirtualServer {
  const settings = {
    scheduler: 'rr',
    persistence: undefined,
    onePacket: false,
    schedulerFlags: 0,
    limited: false,
    owned,
  };
  return { id, settings, realServers: [] };
}

describe('doctor: foreign-virtual-servers', () => {
  it('is content with ours, and where IPVS is not loaded', async () => {
    const ours = virtualServers(listed(at('10.96.0.10'), true));
    assert.deepEqual(await kindsFound(foreignVirtualServers, ours), ['ok']);
    const none = { virtualServers: () => Promise.resolve(undefined) };
    assert.deepEqual(await kindsFound(foreignVirtualServers, none), ['ok']);
  });

  it('only notes those that stand by themselves', async () => {
    const others = virtualServers(listed(at('192.0.2.80')));
    assert.deepEqual(await kindsFound(foreignVirtualServers, others), ['foreign']);
  });

  it('leaves those out that a Service is about to take over, and those of kube-proxy', async () => {
    const some = virtualServers(listed(at('10.96.0.10')), listed(at('10.96.9.9')));
    const different = {
      ...some,
      ...clusterWith({
        serviceOf: (key) => (key === 'TCP 10.96.0.10:80' ? 'default/web' : undefined),
      }),
      ipvsLeftovers: () =>
        Promise.resolve({ virtualServers: [at('10.96.9.9')], boundAddresses: [] }),
    };
    assert.deepEqual(await kindsFound(foreignVirtualServers, different), ['ok']);
  });

  it('warns of one at the address of a Service', async () => {
    const [finding] = await findingsOf(
      foreignVirtualServers,
      virtualServers(listed(at('10.96.0.10', 8080))),
    );
    assert.equal(finding?.kind, 'at-a-vip');
    assert.match(finding.seen, /Service default\/web/);
    assert.equal(finding.command, "ipvsadm -D -t '10.96.0.10:8080'");
  });
});
