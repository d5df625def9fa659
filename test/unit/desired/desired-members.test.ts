import assert from 'node:assert/strict';
import { DesiredState, ServiceClaims } from '../../../src/desired/desired-state.ts';
import { formatVirtualServer } from '../../../src/kernel/ipvs/model.ts';
import { noTranslation, type DesiredFrontEnd } from '../../../src/translate/desired.ts';
import type { FilterMember, FilterRole } from '../../../src/kernel/packet-filter/filter-member.ts';
import { ip } from '../../support/cluster-objects.ts';
import { MemoryTables } from '../../support/memory-tables.ts';
import { frontEnd, type FrontEndFields } from '../../support/rows.ts';

/** A virtual server that stands in the set of a role. */
function rowIn(role: FilterRole, fields: Partial<FrontEndFields> = {}): DesiredFrontEnd {
  const row = frontEnd(fields);
  const { id } = row.virtualServer;
  assert.ok(id.kind === 'address');
  return { ...row, members: [{ role, entry: { ...id, kind: 'endpoint' } }] };
}

function translation(
  virtualServers: readonly DesiredFrontEnd[],
  members: readonly FilterMember[] = [],
) {
  return { ...noTranslation, virtualServers, members };
}

const vip: FilterMember = { role: 'vip', entry: { kind: 'address', address: ip('10.96.0.1') } };

function keysIn({ members }: MemoryTables): string[] {
  return [...members.rows.keys()].toSorted();
}

describe('what Services want in the sets', () => {
  it('are the members of their virtual servers and their own', () => {
    const tables = new MemoryTables();
    tables.desired.setService('default/web', 0, translation([rowIn('cluster')], [vip]));
    assert.deepEqual(keysIn(tables), [
      'kube-ipvs-cluster-4 TCP 10.96.0.1:80',
      'kube-ipvs-vip-4 10.96.0.1',
    ]);
    tables.desired.setService('default/web', 0, undefined);
    assert.deepEqual(keysIn(tables), []);
  });

  it('moves with its role: out of one set and into another', () => {
    const tables = new MemoryTables();
    tables.desired.setService('default/web', 0, translation([rowIn('local')]));
    tables.desired.setService('default/web', 0, translation([rowIn('node-only')]));
    assert.deepEqual(keysIn(tables), ['kube-ipvs-node-only-4 TCP 10.96.0.1:80']);
  });

  it('does not count for a virtual server that an older Service holds', () => {
    const tables = new MemoryTables();
    tables.desired.setService('default/old', 1, translation([rowIn('external')]));
    tables.desired.setService('default/young', 2, translation([rowIn('guarded')]));
    assert.deepEqual(keysIn(tables), ['kube-ipvs-external-4 TCP 10.96.0.1:80']);
  });

  it('counts as soon as the virtual server is won, and no longer than that', () => {
    const tables = new MemoryTables();
    tables.desired.setService('default/young', 2, translation([rowIn('guarded')]));
    assert.deepEqual(keysIn(tables), ['kube-ipvs-guarded-4 TCP 10.96.0.1:80']);
    tables.desired.setService('default/old', 1, translation([rowIn('external')]));
    assert.deepEqual(keysIn(tables), ['kube-ipvs-external-4 TCP 10.96.0.1:80']);
    tables.desired.setService('default/old', 1, undefined);
    assert.deepEqual(keysIn(tables), ['kube-ipvs-guarded-4 TCP 10.96.0.1:80']);
  });

  it('stays while another Service wants the same', () => {
    const tables = new MemoryTables();
    const other = rowIn('cluster', { port: 81 });
    tables.desired.setService('default/a', 1, translation([rowIn('cluster')], [vip]));
    tables.desired.setService('default/b', 2, translation([other], [vip]));
    tables.desired.setService('default/a', 1, undefined);
    assert.deepEqual(keysIn(tables), [
      'kube-ipvs-cluster-4 TCP 10.96.0.1:81',
      'kube-ipvs-vip-4 10.96.0.1',
    ]);
  });

  it('is told of once, and not where a Service changes otherwise', () => {
    const tables = new MemoryTables();
    tables.desired.setService('default/web', 0, translation([rowIn('cluster')], [vip]));
    tables.forget();
    const changed = rowIn('cluster', { scheduler: 'lc' });
    tables.desired.setService('default/web', 0, translation([changed], [vip]));
    assert.deepEqual(tables.virtualServers.told, [formatVirtualServer(changed.virtualServer.id)]);
    assert.deepEqual(tables.members.told, []);
  });

  it('is of no concern to a node without sets', () => {
    const { virtualServers, boundAddresses } = new MemoryTables();
    const desired = new DesiredState(virtualServers, boundAddresses);
    desired.replace(new ServiceClaims('default/web'), 0, translation([rowIn('cluster')], [vip]));
    assert.equal(virtualServers.rows.size, 1);
  });
});
