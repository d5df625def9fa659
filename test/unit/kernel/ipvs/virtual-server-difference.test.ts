import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  changeCount,
  type Operation,
  type RealServers,
} from '../../../../src/kernel/ipvs/model.ts';
import {
  afterOperations,
  virtualServerDifference,
  type DesiredVirtualServer,
  type ObservedVirtualServer,
} from '../../../../src/kernel/ipvs/virtual-server-difference.ts';
import {
  desiredVirtualServer,
  drains,
  leastOperations,
  observedVirtualServer,
} from '../../../support/arbitrary-rows.ts';
import { ip } from '../../../support/cluster-objects.ts';
import {
  changed,
  described,
  observedAs,
  realServers,
  frontEnd,
  withDraining,
} from '../../../support/rows.ts';

const place = { address: ip('10.96.0.1'), port: 80 };
const key = 'TCP 10.96.0.1:80';

function applied(
  observed: ObservedVirtualServer | undefined,
  operations: readonly Operation[],
): ObservedVirtualServer | undefined {
  return afterOperations(observed, operations);
}

describe('the difference of a virtual server', () => {
  const web = frontEnd({ realServers: realServers('10.244.1.1', '10.244.1.2') });

  it('is nothing where the kernel holds what is desired', () => {
    assert.deepEqual(described(virtualServerDifference(web, observedAs(web))), {
      additions: [],
      removals: [],
    });
  });

  it('is nothing where nothing is desired and nothing is there', () => {
    assert.deepEqual(described(virtualServerDifference(undefined, undefined)), {
      additions: [],
      removals: [],
    });
  });

  it('is the virtual server with its real servers where it is missing', () => {
    assert.deepEqual(described(virtualServerDifference(web, undefined)), {
      additions: [`add virtual server ${key} (scheduler rr) with 2 real servers`],
      removals: [],
    });
  });

  it('is a single removal where nobody desires it', () => {
    assert.deepEqual(described(virtualServerDifference(undefined, observedAs(web))), {
      additions: [],
      removals: [`delete virtual server ${key}`],
    });
  });

  it('is nothing where nobody desires it and it is not ours', () => {
    const foreign = observedAs(web, { owned: false });
    assert.deepEqual(described(virtualServerDifference(undefined, foreign)), {
      additions: [],
      removals: [],
    });
  });

  it('is one change in place where it is desired and not ours', () => {
    const difference = virtualServerDifference(web, observedAs(web, { owned: false }));
    assert.deepEqual(described(difference), {
      additions: [`change virtual server ${key} (scheduler rr)`],
      removals: [],
    });
    assert.equal(
      applied(observedAs(web, { owned: false }), difference.additions)?.virtualServer.settings
        .owned,
      true,
    );
  });

  it('is one addition for one new endpoint', () => {
    const desired = changed(web, {
      realServers: realServers('10.244.1.1', '10.244.1.2', '10.244.1.3'),
    });
    assert.deepEqual(described(virtualServerDifference(desired, observedAs(web))), {
      additions: [`add real server 10.244.1.3:8080 to ${key}`],
      removals: [],
    });
  });

  it('is one change in place for another weight', () => {
    const one = frontEnd({ realServers: realServers('10.244.1.1') });
    const observed = withDraining(observedAs(one), '10.244.1.1:8080', 'unknown');
    assert.deepEqual(described(virtualServerDifference(one, observed)), {
      additions: [`change real server 10.244.1.1:8080 of ${key} (weight 1)`],
      removals: [],
    });
  });

  it('is one change in place for another scheduler', () => {
    const desired = changed(web, { scheduler: 'lc' });
    assert.deepEqual(described(virtualServerDifference(desired, observedAs(web))), {
      additions: [`change virtual server ${key} (scheduler lc)`],
      removals: [],
    });
  });

  it('is one change in place for another session affinity, and for none', () => {
    const sticky = changed(web, { persistence: { timeoutSeconds: 600, prefixLength: 32 } });
    const change = [`change virtual server ${key} (scheduler rr)`];
    assert.deepEqual(described(virtualServerDifference(sticky, observedAs(web))).additions, change);
    assert.deepEqual(described(virtualServerDifference(web, observedAs(sticky))).additions, change);
  });

  it('undoes settings that this program never makes', () => {
    const drifted = observedAs(web, { onePacket: true });
    assert.equal(virtualServerDifference(web, drifted).additions.length, 1);
    assert.equal(
      virtualServerDifference(web, observedAs(web, { schedulerFlags: 1 })).additions.length,
      1,
    );
  });

  it('leads from whatever is observed to what is desired', () => {
    fc.assert(
      fc.property(
        desiredVirtualServer(place),
        fc.option(observedVirtualServer(place), { nil: undefined }),
        (desired, observed) => {
          const { additions, removals } = virtualServerDifference(desired, observed);
          const result = applied(observed, [...additions, ...removals]);
          assert.ok(result);
          assert.deepEqual(result.virtualServer.settings, desired.virtualServer.settings);
          assert.deepEqual(result.virtualServer.realServers, expected(desired, observed));
        },
      ),
    );
  });

  it('has as few operations as there can be', () => {
    const desired = fc.option(desiredVirtualServer(place), { nil: undefined });
    const observed = fc.option(observedVirtualServer(place), { nil: undefined });
    fc.assert(
      fc.property(desired, observed, (wanted, found) => {
        const { additions, removals } = virtualServerDifference(wanted, found);
        const changes = [...additions, ...removals].map(changeCount);
        const total = changes.reduce((sum, count) => sum + count, 0);
        assert.equal(total, leastOperations(wanted, found));
      }),
    );
  });

  it('never takes anything away before the last addition is done', () => {
    const desired = fc.option(desiredVirtualServer(place), { nil: undefined });
    const observed = fc.option(observedVirtualServer(place), { nil: undefined });
    fc.assert(
      fc.property(desired, observed, (wanted, found) => {
        const { additions, removals } = virtualServerDifference(wanted, found);
        assert.ok(additions.every(({ kind }) => !kind.startsWith('delete')));
        assert.ok(
          removals.every(
            (operation) =>
              operation.kind.startsWith('delete') ||
              (operation.kind === 'change real server' && operation.realServer.weight === 0) ||
              // That none has a limit is said when the last one has none.
              (operation.kind === 'change virtual server' && !operation.settings.limited),
          ),
        );
      }),
    );
  });

  it('does not change the rows that it compares', () => {
    fc.assert(
      fc.property(
        desiredVirtualServer(place),
        observedVirtualServer(place),
        (desired, observed) => {
          const before = [structuredText(desired), structuredText(observed)];
          virtualServerDifference(desired, observed);
          assert.deepEqual([structuredText(desired), structuredText(observed)], before);
        },
      ),
    );
  });
});

describe('the flags of a scheduler', () => {
  it('are set in place, and undone in place', () => {
    const flagged = frontEnd({ scheduler: 'sh', schedulerFlags: 2 });
    const plain = frontEnd({ scheduler: 'sh' });
    for (const [desired, observed] of [
      [flagged, plain],
      [plain, flagged],
    ] as const) {
      assert.deepEqual(described(virtualServerDifference(desired, observedAs(observed))), {
        additions: [`change virtual server ${key} (scheduler sh)`],
        removals: [],
      });
    }
    assert.deepEqual(virtualServerDifference(flagged, observedAs(flagged)).additions, []);
  });
});

describe('an operation on a virtual server that is not known', () => {
  it('leaves it unknown, unless it adds it', () => {
    const { id, settings } = frontEnd().virtualServer;
    const realServer = { address: ip('10.244.1.1'), port: 8080 };
    assert.equal(
      afterOperations(undefined, [{ kind: 'delete real server', id, realServer }]),
      undefined,
    );
    assert.equal(
      afterOperations(undefined, [{ kind: 'change virtual server', id, settings }]),
      undefined,
    );
    assert.deepEqual(afterOperations(undefined, [{ kind: 'add virtual server', id, settings }]), {
      virtualServer: { id, settings, realServers: new Map() },
      drained: new Set(),
    });
  });
});

/** What is wanted, and what has to be waited for. */
function expected(
  desired: DesiredVirtualServer,
  observed: ObservedVirtualServer | undefined,
): RealServers {
  const { realServers: wanted, settings } = desired.virtualServer;
  const all = new Map(wanted);
  const limits = settings.limited ? {} : { upperThreshold: 0, lowerThreshold: 0 };
  for (const [endpoint, realServer] of observed?.virtualServer.realServers ?? []) {
    const isOver = realServer.weight === 0 && observed?.drained.has(endpoint) === true;
    const isReset = desired.resets?.has(endpoint) === true;
    if (!all.has(endpoint) && drains(desired) && !isOver && !isReset) {
      all.set(endpoint, { ...realServer, ...limits, weight: 0 });
    }
  }
  return all;
}

function structuredText(row: DesiredVirtualServer | ObservedVirtualServer): string {
  return JSON.stringify(row, (_name, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value,
  );
}
