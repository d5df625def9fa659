import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  changeCount,
  formatVirtualServer,
  type Operation,
} from '../../../../src/kernel/ipvs/model.ts';
import {
  afterOperations,
  idOf,
  virtualServerDifference,
  type ObservedVirtualServer,
} from '../../../../src/kernel/ipvs/virtual-server-difference.ts';
import { virtualServerKey, type VirtualServer } from '../../../../src/translate/desired.ts';
import {
  desiredVirtualServer,
  drains,
  leastOperations,
  observedVirtualServer,
} from '../../../support/arbitrary-rows.ts';
import { ip } from '../../../support/cluster-objects.ts';
import {
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
      applied(observedAs(web, { owned: false }), difference.additions)?.settings.owned,
      true,
    );
  });

  it('is one addition for one new endpoint', () => {
    const desired = { ...web, realServers: realServers('10.244.1.1', '10.244.1.2', '10.244.1.3') };
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
    const desired: VirtualServer = { ...web, scheduler: 'lc' };
    assert.deepEqual(described(virtualServerDifference(desired, observedAs(web))), {
      additions: [`change virtual server ${key} (scheduler lc)`],
      removals: [],
    });
  });

  it('is one change in place for another session affinity, and for none', () => {
    const sticky = { ...web, persistenceSeconds: 600 };
    const change = [`change virtual server ${key} (scheduler rr)`];
    assert.deepEqual(described(virtualServerDifference(sticky, observedAs(web))).additions, change);
    assert.deepEqual(described(virtualServerDifference(web, observedAs(sticky))).additions, change);
  });

  it('makes a persistent virtual server tell whole client addresses apart, in both families', () => {
    const prefixes = ['10.96.0.1', 'fd00:96::1'].map((address) => {
      const desired = frontEnd({ address: ip(address), persistenceSeconds: 600 });
      const [operation] = virtualServerDifference(desired, undefined).additions;
      return operation?.kind === 'add virtual server'
        ? operation.settings.persistence?.prefixLength
        : undefined;
    });
    assert.deepEqual(prefixes, [32, 128]);
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
          assert.deepEqual(result.settings, observedAs(desired).settings);
          assert.deepEqual(weightsOf(result), expectedWeights(desired, observed));
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
              (operation.kind === 'change real server' && operation.realServer.weight === 0),
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
    const flagged = frontEnd({ scheduler: 'sh', schedulerFlags: { names: ['sh-port'] } });
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

describe('the key of a virtual server', () => {
  it('is the same for what is desired and for what the kernel lists', () => {
    for (const address of ['10.96.0.1', 'fd00:96::1']) {
      for (const protocol of ['TCP', 'UDP', 'SCTP'] as const) {
        const desired = frontEnd({ protocol, address: ip(address) });
        assert.equal(virtualServerKey(desired), formatVirtualServer(idOf(desired)));
      }
    }
  });
});

describe('an operation on a virtual server that is not known', () => {
  it('leaves it unknown, unless it adds it', () => {
    const id = idOf(frontEnd());
    const { settings } = observedAs(frontEnd());
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
      id,
      settings,
      realServers: new Map(),
    });
  });
});

type Weights = Map<string, readonly [method: string, weight: number]>;

function weightsOf({ realServers }: Pick<VirtualServer, 'realServers'>): Weights {
  return new Map(
    Array.from(realServers, ([endpoint, { method, weight }]) => [endpoint, [method, weight]]),
  );
}

/** What is wanted, and what has to be waited for. */
function expectedWeights(
  desired: VirtualServer,
  observed: ObservedVirtualServer | undefined,
): Weights {
  const expected = weightsOf(desired);
  for (const [endpoint, { method, weight, drain }] of observed?.realServers ?? []) {
    if (!expected.has(endpoint) && drains(desired) && (weight !== 0 || drain === 'unknown')) {
      expected.set(endpoint, [method, 0]);
    }
  }
  return expected;
}

function structuredText(row: { readonly realServers: ReadonlyMap<string, unknown> }): string {
  return JSON.stringify({ ...row, realServers: [...row.realServers] });
}
