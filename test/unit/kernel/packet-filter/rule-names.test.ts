import assert from 'node:assert/strict';
import { filterRoles } from '../../../../src/kernel/packet-filter/filter-member.ts';
import { allSets as allIpsets } from '../../../../src/kernel/packet-filter/iptables/sets.ts';
import { rulesetOf } from '../../../../src/kernel/packet-filter/nftables/rules.ts';
import { ruleName } from '../../../../src/kernel/packet-filter/rule-names.ts';

const families = ['IPv4', 'IPv6'] as const;
const all = families.flatMap((family) =>
  filterRoles.flatMap((role) =>
    (['it comes', 'it leaves'] as const).map((as) => ({ family, role, as })),
  ),
);

describe('the name of what decides by a role', () => {
  it('is a map, set or chain of the table of nftables', () => {
    const { sets, chains } = rulesetOf(families, {
      masqueradeAll: false,
      hasPortRanges: true,
      local: { kind: 'none' },
    });
    const names = new Set([
      ...sets.map(({ kind, name }) => `${kind === 'set' ? 'set' : 'map'} ${name}`),
      ...chains.map(({ name }) => `chain ${name}`),
    ]);
    const named = all.flatMap(({ family, role, as }) =>
      [false, true].flatMap((isPortRange) =>
        ruleName('nftables', role, family, as, isPortRange).split(', '),
      ),
    );
    assert.deepEqual(
      named.filter((name) => !names.has(name)),
      [],
    );
    assert.ok(named.includes('map sources-6'));
    assert.ok(named.includes('map range-sources-6'));
    assert.ok(named.includes('set range-guarded-4'));
  });

  it('is a set of ipset', () => {
    const names = new Set(allIpsets(families).map(({ name }) => `ipset ${name}`));
    const named = all.map(({ family, role, as }) => ruleName('iptables', role, family, as));
    assert.deepEqual(
      named.filter((name) => !names.has(name)),
      [],
    );
  });
});
