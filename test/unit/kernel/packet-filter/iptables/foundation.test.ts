import assert from 'node:assert/strict';
import { tablesOf } from '../../../../../src/kernel/packet-filter/iptables/chains.ts';
import { IptablesError } from '../../../../../src/kernel/packet-filter/iptables/iptables.ts';
import { allSets } from '../../../../../src/kernel/packet-filter/iptables/sets.ts';
import {
  assertInPlace,
  chainsOf,
  program,
  settings,
  setUp,
} from '../../../../support/chains-world.ts';

describe('the chains and sets of a family', () => {
  it('are made on an empty node, the sets first', async () => {
    const { iptables, sets, foundation } = setUp();
    await foundation.ensure();
    assertInPlace(iptables);
    assert.deepEqual(
      [...sets.sets.keys()],
      allSets(['IPv4']).map(({ name }) => name),
    );
    assert.deepEqual(
      iptables.calls.map((call) => call.program),
      ['iptables-nft-save', 'iptables-nft-restore'],
    );
  });

  it('start no program in the audits that find them in place', async () => {
    const { iptables, foundation } = setUp();
    await foundation.ensure();
    const started = iptables.calls.length;
    await foundation.ensure();
    await foundation.ensure();
    assert.equal(iptables.calls.length, started);
  });

  it('are what an earlier run left, with one jump each', async () => {
    const { iptables, client, node, foundation } = setUp();
    await foundation.ensure();
    await chainsOf(iptables, client, node).ensure();
    assertInPlace(iptables);
  });

  it('leave the rules of others where they are, behind their jumps', async () => {
    const { iptables, foundation } = setUp();
    iptables.setRules(program, 'filter', 'INPUT', ['-j FIREWALL']);
    iptables.setRules(program, 'filter', 'FIREWALL', ['-j DROP']);
    await foundation.ensure();
    assert.equal(iptables.rules(program, 'filter', 'INPUT')?.[1], '-j FIREWALL');
    assert.deepEqual(iptables.rules(program, 'filter', 'FIREWALL'), ['-j DROP']);
  });

  const chains = tablesOf('IPv4', settings).flatMap(({ name, chains: own }) =>
    own.map((chain) => [name, chain.name] as const),
  );
  for (const [table, chain] of chains) {
    it(`come back after ${chain} was flushed`, async () => {
      const { iptables, foundation } = setUp();
      await foundation.ensure();
      iptables.setRules(program, table, chain, []);
      await foundation.ensure();
      assertInPlace(iptables);
    });
  }

  for (const [table, chain] of [
    ['mangle', 'OUTPUT'],
    ['nat', 'PREROUTING'],
    ['nat', 'OUTPUT'],
    ['nat', 'POSTROUTING'],
    ['filter', 'INPUT'],
    ['filter', 'FORWARD'],
  ] as const) {
    it(`come back after the jump from ${chain} of ${table} was deleted`, async () => {
      const { iptables, foundation } = setUp();
      await foundation.ensure();
      iptables.setRules(program, table, chain, []);
      await foundation.ensure();
      assertInPlace(iptables);
    });
  }

  it('come back with a set that was destroyed with its rules', async () => {
    const { iptables, sets, foundation } = setUp();
    await foundation.ensure();
    iptables.setRules(program, 'filter', 'KIPVS-INPUT', []);
    sets.sets.delete('kube-ipvs-refused-4');
    await foundation.ensure();
    assertInPlace(iptables);
    assert.ok(sets.sets.has('kube-ipvs-refused-4'));
  });

  it('are gone after they were removed, and so is every jump', async () => {
    const { iptables, foundation } = setUp();
    iptables.setRules(program, 'filter', 'INPUT', ['-j FIREWALL']);
    await foundation.ensure();
    await foundation.remove();
    assert.doesNotMatch(iptables.everything(program), /KIPVS/);
    assert.deepEqual(iptables.rules(program, 'filter', 'INPUT'), ['-j FIREWALL']);
  });

  it('are removed without a change where there are none', async () => {
    const { iptables, foundation } = setUp();
    await foundation.remove();
    assert.deepEqual(iptables.restored(), []);
  });

  it('are put in place again after they were removed', async () => {
    const { iptables, foundation } = setUp();
    await foundation.ensure();
    await foundation.remove();
    await foundation.ensure();
    assertInPlace(iptables);
  });
});

describe('a kernel that lacks what some rules need', () => {
  const withoutReject = { refuses: (line: string) => line.includes('-j REJECT') };

  it('gets all other rules, and one error names what is missing', async () => {
    const { iptables, foundation } = setUp(withoutReject);
    await assert.rejects(foundation.ensure(), {
      name: 'ImpossibleError',
      message:
        'iptables-nft lacks target REJECT (kernel modules: ipt_REJECT and ip6t_REJECT); rules that need it are left out (2), the others are in place',
    });
    for (const { name, chains, jumps } of tablesOf('IPv4', settings)) {
      for (const chain of chains) {
        assert.deepEqual(
          iptables.rules(program, name, chain.name),
          chain.rules.filter((rule) => !rule.includes('-j REJECT')),
        );
      }
      for (const { from, rule } of jumps) {
        assert.ok(iptables.rules(program, name, from)?.includes(rule));
      }
    }
  });

  it('is left without the chain that the rules were tried in', async () => {
    const { iptables, foundation } = setUp(withoutReject);
    await assert.rejects(foundation.ensure());
    assert.doesNotMatch(iptables.everything(program), /KIPVS-PROBE/);
  });

  it('is asked with few processes, whatever it lacks', async () => {
    for (const lacking of ['-j REJECT', '-j REDIRECT', '-m addrtype', '-m set', '-j MARK']) {
      const { iptables, foundation } = setUp({ refuses: (line) => line.includes(lacking) });
      await assert.rejects(foundation.ensure(), { name: 'ImpossibleError' });
      assert.ok(iptables.calls.length <= 30, `${lacking}: ${iptables.calls.length}`);
    }
  });

  it('is not asked again while what it takes is in place, and the lack stays told', async () => {
    const { iptables, foundation } = setUp(withoutReject);
    await assert.rejects(foundation.ensure());
    const started = iptables.calls.length;
    await assert.rejects(foundation.ensure(), /lacks target REJECT/);
    assert.equal(iptables.calls.length, started);
  });

  it('does not count as lacking sets where others destroy one while its rules are written', async () => {
    const { iptables, sets, foundation } = setUp();
    iptables.options = {
      refuses: (line) => {
        sets.sets.delete('kube-ipvs-refused-4');
        return line.includes('kube-ipvs-refused-4');
      },
    };
    await assert.rejects(foundation.ensure(), {
      name: 'Error',
      message: 'the set kube-ipvs-refused-4 is gone: the chains are written when it is there again',
    });
    iptables.options = {};
    await foundation.ensure();
    assertInPlace(iptables);
  });

  it('is asked again when a module was loaded, and gets the rules that need it', async () => {
    const { iptables, node, foundation } = setUp(withoutReject);
    await assert.rejects(foundation.ensure());
    iptables.options = {};
    await assert.rejects(foundation.ensure());
    node.modules = 'ipt_REJECT xt_set';
    await foundation.ensure();
    assertInPlace(iptables);
  });

  it('is asked again after ten minutes, and nothing is written for the same answer', async () => {
    const { iptables, node, foundation } = setUp(withoutReject);
    await assert.rejects(foundation.ensure());
    node.nowMs = 600_000;
    const before = iptables.restored().length;
    await assert.rejects(foundation.ensure());
    const texts = iptables.restored().slice(before);
    assert.ok(texts.length > 1);
    // All but the attempt to write all rules.
    for (const text of texts.slice(1)) {
      assert.doesNotMatch(text, /^:KIPVS-(?!PROBE)/m);
    }
    iptables.options = {};
    node.nowMs = 1_200_000;
    await foundation.ensure();
    assertInPlace(iptables);
  });

  it('keeps the chains that it has while rules are tried', async () => {
    const { iptables, foundation } = setUp();
    await foundation.ensure();
    iptables.options = withoutReject;
    iptables.setRules(program, 'nat', 'KIPVS-MASQUERADE', []);
    const before = iptables.restored().length;
    await assert.rejects(foundation.ensure());
    // All but the first attempt and the last, which write everything.
    for (const text of iptables.restored().slice(before + 1, -1)) {
      assert.doesNotMatch(text, /^:KIPVS-(?!PROBE)/m);
    }
  });

  it('gets the other tables where one is missing', async () => {
    const { iptables, foundation } = setUp({ missingTables: ['nat'] });
    await assert.rejects(foundation.ensure(), /^ImpossibleError: iptables-nft lacks table nat;/);
    assert.ok((iptables.rules(program, 'filter', 'KIPVS-INPUT')?.length ?? 0) > 5);
  });

  it('gets the cause of the failure where each rule by itself is taken', async () => {
    let refusals = 1;
    const { foundation } = setUp({
      refuses: (line) => {
        refusals -= line.startsWith('-I INPUT') ? 1 : 0;
        return refusals === 0 && line.startsWith('-I INPUT');
      },
    });
    await assert.rejects(foundation.ensure(), /line refused: -I INPUT/);
  });
});

describe('iptables that cannot be used', () => {
  it('is named where it is missing, and no rule is tried', async () => {
    const { iptables, foundation } = setUp({ missing: ['iptables-nft'] });
    await assert.rejects(foundation.ensure(), {
      name: 'IptablesError',
      failure: 'missing',
      message: 'the program iptables-nft-save is missing',
    });
    assert.equal(iptables.calls.length, 1);
  });

  it('is left for the next audit while somebody else holds its lock', async () => {
    const { iptables, foundation } = setUp({
      refuses: () => {
        throw new IptablesError('Another app is currently holding the xtables lock', 'busy');
      },
    });
    await assert.rejects(foundation.ensure(), { failure: 'busy' });
    assert.equal(iptables.restored().length, 1);
    iptables.options = {};
    await foundation.ensure();
    assertInPlace(iptables);
  });
});
