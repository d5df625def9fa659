import assert from 'node:assert/strict';
import { StaleFlows } from '../../../../src/kernel/conntrack/stale-flows.ts';
import {
  change,
  flowOf,
  flows,
  treatment,
  vip,
  type Note,
} from '../../../support/stale-flow-examples.ts';

/** What of them is stale after which changes. */
const unansweredCases: readonly (readonly [
  string,
  readonly Note[],
  readonly (keyof typeof flows)[],
])[] = [
  ['a virtual server has come', [change.added], ['past IPVS', 'direct', 'masqueraded', 'refused']],
  ['a virtual server has gone', [change.deleted], ['direct', 'masqueraded', 'refused']],
  [
    'one has gone and come',
    [change.deleted, change.added],
    ['past IPVS', 'direct', 'masqueraded', 'refused'],
  ],
  ['the VIP was bound', [change.bound], ['past IPVS']],
  ['the VIP was unbound', [change.unbound], ['direct', 'masqueraded', 'refused']],
  ['the VIP was adopted', [change.adopted], []],
  ['a real server has come beside others', [change['one real server more']], []],
  [
    'it is no longer refused',
    [treatment('refused', 'cluster')],
    ['past IPVS', 'direct', 'masqueraded', 'refused'],
  ],
  ['it is refused', [treatment('cluster', 'refused')], ['past IPVS', 'direct', 'masqueraded']],
  ['it is masqueraded', [treatment('local', 'external')], ['past IPVS', 'direct', 'refused']],
  [
    'it is no longer masqueraded',
    [treatment('external', 'local')],
    ['past IPVS', 'masqueraded', 'refused'],
  ],
  [
    'it is masqueraded for some',
    [treatment('local', 'node-only')],
    ['past IPVS', 'direct', 'masqueraded', 'refused'],
  ],
  [
    'it came and is masqueraded',
    [change.added, treatment(undefined, 'external'), change.bound],
    ['past IPVS', 'direct', 'refused'],
  ],
  [
    'it was masqueraded for a moment',
    [treatment('local', 'external'), treatment('external', 'local')],
    ['past IPVS', 'masqueraded', 'refused'],
  ],
];

describe('stale flows without an answer', () => {
  for (const protocol of ['TCP', 'SCTP'] as const) {
    for (const [title, changes, expected] of unansweredCases) {
      it(`of ${protocol}, when ${title}: ${expected.join(', ') || 'none'}`, () => {
        const stale = new StaleFlows();
        changes.forEach((note) => {
          note(stale, protocol);
        });
        const found = Object.entries(flows)
          .filter(([, example]) =>
            stale.isStale(flowOf(protocol, { ...example, unanswered: true })),
          )
          .map(([name]) => name);
        assert.deepEqual(found, expected);
      });
    }

    it(`of ${protocol} are none that is established, whatever changes`, () => {
      for (const [title, changes] of unansweredCases) {
        const stale = new StaleFlows();
        changes.forEach((note) => {
          note(stale, protocol);
        });
        for (const name of ['past IPVS', 'direct', 'masqueraded'] as const) {
          assert.ok(!stale.isStale(flowOf(protocol, flows[name])), `${name}, when ${title}`);
        }
      }
    });
  }

  it('are those of the protocol and port that changed', () => {
    const stale = new StaleFlows();
    change.added(stale, 'TCP');
    const syn = { server: vip, unanswered: true } as const;
    assert.ok(stale.isStale(flowOf('TCP', syn)));
    assert.ok(!stale.isStale(flowOf('TCP', { ...syn, port: 54 })));
    assert.ok(!stale.isStale(flowOf('SCTP', syn)));
  });

  it('are those of any port of an address that was bound', () => {
    const stale = new StaleFlows();
    change.bound(stale, 'TCP');
    for (const protocol of ['TCP', 'UDP', 'SCTP'] as const) {
      assert.ok(stale.isStale(flowOf(protocol, { server: vip, port: 9, unanswered: true })));
    }
    assert.ok(
      !stale.isStale(flowOf('TCP', { vip: '10.96.0.11', server: '10.96.0.11', unanswered: true })),
    );
  });

  it('are looked for without all others, where no other can be stale', () => {
    const stale = new StaleFlows();
    change.added(stale, 'TCP');
    assert.deepEqual([...stale.selection.protocols], ['TCP']);
    assert.deepEqual([...stale.selection.answered], []);
    change.bound(stale, 'TCP');
    assert.deepEqual([...stale.selection.protocols], ['TCP', 'UDP', 'SCTP']);
    assert.deepEqual([...stale.selection.answered], []);
    change.added(stale, 'UDP');
    assert.deepEqual([...stale.selection.answered], ['UDP']);
    treatment('refused', 'cluster')(stale, 'SCTP');
    assert.deepEqual([...stale.selection.answered], ['UDP', 'SCTP']);
  });
});
