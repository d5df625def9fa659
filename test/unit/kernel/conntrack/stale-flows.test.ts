import assert from 'node:assert/strict';
import { StaleFlows } from '../../../../src/kernel/conntrack/stale-flows.ts';
import { ip } from '../../../support/cluster-objects.ts';
import {
  added,
  after,
  deleted,
  dns,
  flow,
  flowOf,
  flows,
  realServer,
  settings,
  treatment,
  vip,
} from '../../../support/stale-flow-examples.ts';

describe('stale UDP flows, answered or not', () => {
  it('are those to a real server that is gone, and not to the others', () => {
    const stale = after(deleted('10.244.1.1'), deleted('10.244.1.2'));
    assert.ok(stale.isStale(flow('10.244.1.1')));
    assert.ok(stale.isStale(flow('10.244.1.2')));
    assert.ok(!stale.isStale(flow('10.244.1.3')));
  });

  it('are those of its virtual server alone: others may still lead to it', () => {
    const stale = after(deleted('10.244.1.1'));
    assert.ok(!stale.isStale(flow('10.244.1.1', 54)));
  });

  it('are none of those to a VIP after a real server has come: until the first one IPVS drops each packet', () => {
    const stale = after(added('10.244.1.1'));
    assert.ok(!stale.isStale(flow('10.244.1.1')));
    assert.ok(!stale.isStale(flow(vip)));
    assert.deepEqual(stale.selection, { protocols: new Set(['UDP']), answered: new Set() });
    assert.ok(after(added('10.244.1.1', { ...dns, protocol: 'TCP' })).isEmpty);
  });

  it('are late answers of a real server that is back, which the kernel took for flows', () => {
    const stale = after(added('10.244.1.1'));
    const answer = { client: '10.244.1.1', vip: '10.244.0.9', port: 35_000, server: '10.244.0.9' };
    const late = { ...flowOf('UDP', { ...answer, unanswered: true }), sourcePort: 8053 };
    assert.ok(stale.isStale(late));
    assert.ok(!stale.isStale({ ...late, answered: true }));
    assert.ok(!stale.isStale({ ...late, sourcePort: 8054 }));
    assert.ok(!stale.isStale({ ...late, answersTo: ip('192.0.2.10') }), 'masqueraded by others');
    assert.ok(!after(added('10.244.1.2')).isStale(late));
  });

  it('are those past IPVS, once the front end is served', () => {
    const stale = new StaleFlows();
    treatment('refused', 'cluster')(stale, 'UDP');
    assert.ok(stale.isStale(flow(vip)));
    assert.ok(!stale.isStale(flow('10.244.1.1')));
    assert.ok(stale.isStale(flowOf('UDP', { server: '10.244.1.1', unanswered: true })));
  });

  it('are all to a virtual server that comes or goes', () => {
    for (const operation of [
      { kind: 'add virtual server', id: dns, settings },
      { kind: 'delete virtual server', id: dns },
    ] as const) {
      const stale = after(deleted('10.244.1.9'), operation, deleted('10.244.1.8'));
      assert.ok(stale.isStale(flow('10.244.1.1')));
      assert.ok(stale.isStale(flow(vip)));
      assert.ok(!stale.isStale(flow('10.244.1.1', 54)));
    }
  });

  it('are none after changes in place', () => {
    const stale = after(
      { kind: 'change virtual server', id: dns, settings },
      { kind: 'change real server', id: dns, realServer: realServer('10.244.1.1') },
    );
    assert.ok(stale.isEmpty);
    assert.deepEqual(stale.families, []);
  });

  for (const protocol of ['TCP', 'SCTP'] as const) {
    it(`are none of ${protocol}, whose connections IPVS ends itself`, () => {
      assert.ok(after(deleted('10.244.1.1', { ...dns, protocol })).isEmpty);
    });
  }

  it('are looked for in the families that changed', () => {
    assert.deepEqual(after(deleted('10.244.1.1')).families, ['IPv4']);
    const id = { ...dns, address: ip('fd00:96::a') };
    assert.deepEqual(after(deleted('fd00::1', id)).families, ['IPv6']);
    assert.deepEqual(after(deleted('fd00::1', id), deleted('10.244.1.1')).families.length, 2);
  });

  it('are those that were refused, once they no longer are', () => {
    const stale = new StaleFlows();
    treatment('refused', 'cluster')(stale, 'UDP');
    assert.ok(stale.isStale(flowOf('UDP', flows.refused)));
    assert.ok(!stale.isStale(flow('10.244.1.1')));
    assert.deepEqual(stale.families, ['IPv4']);
  });

  it('are none after changes of members that are not about how a front end is treated', () => {
    const stale = new StaleFlows();
    const entry = { kind: 'address', address: ip(vip) } as const;
    stale.noteMemberChange({ kind: 'added', member: { role: 'vip', entry } });
    treatment(undefined, 'guarded')(stale, 'UDP');
    assert.ok(stale.isEmpty);
  });

  it('belong to every kind of front end alike: node ports too', () => {
    const id = { ...dns, address: ip('192.0.2.10'), port: 30_053 };
    const stale = after(deleted('10.244.1.1', id));
    const read = flowOf('UDP', {
      client: '198.51.100.1',
      vip: '192.0.2.10',
      port: 30_053,
      server: '10.244.1.1',
    });
    assert.ok(stale.isStale(read));
  });
});
