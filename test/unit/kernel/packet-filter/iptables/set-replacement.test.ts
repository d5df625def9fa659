import assert from 'node:assert/strict';
import { assertInPlace, chainsOf, setUp } from '../../../../support/chains-world.ts';

describe('sets that are not filled yet', () => {
  it('are not given to chains that another process has left at work', async () => {
    const { iptables, sets, client, node, foundation } = setUp();
    await foundation.ensure();
    // Another version had one set less.
    sets.sets.delete('kube-ipvs-node-only-4');
    node.areSetsFilled = false;
    const restored = iptables.restored().length;
    const next = chainsOf(iptables, client, node);
    await assert.rejects(
      next.ensure(),
      /^Error: the chains are written when these new sets are filled: kube-ipvs-node-only-4$/,
    );
    assert.equal(iptables.restored().length, restored);
    node.areSetsFilled = true;
    await next.ensure();
    assertInPlace(iptables);
  });

  it('are given at once to a node without chains', async () => {
    const { iptables, node, foundation } = setUp();
    node.areSetsFilled = false;
    await foundation.ensure();
    assertInPlace(iptables);
  });
});

describe('a set that has our name and another type', () => {
  it('is replaced by its spare once that is filled, and goes', async () => {
    const { iptables, sets, client, node, foundation } = setUp();
    await foundation.ensure();
    sets.put({ name: 'kube-ipvs-external-4', type: 'hash:net' });
    node.areSetsFilled = false;
    const next = chainsOf(iptables, client, node);
    await assert.rejects(next.ensure(), /when these new sets are filled: kube-ipvs-external-4-b$/);
    assertInPlace(iptables);
    node.areSetsFilled = true;
    await next.ensure();
    assert.equal(iptables.countRules('--match-set kube-ipvs-external-4 '), 0);
    assert.equal(iptables.countRules('--match-set kube-ipvs-external-4-b '), 3);
    await next.ensure();
    assert.ok(!sets.sets.has('kube-ipvs-external-4'));
    // The next process stays with it.
    const calls = iptables.restored().length;
    await chainsOf(iptables, client, node).ensure();
    assert.equal(iptables.restored().length, calls + 1);
    assert.equal(iptables.countRules('--match-set kube-ipvs-external-4-b '), 3);
  });

  it('is made anew where no rule refers to it', async () => {
    const { iptables, sets, foundation } = setUp();
    sets.put({ name: 'kube-ipvs-external-4', type: 'hash:net' });
    await foundation.ensure();
    assertInPlace(iptables);
    assert.equal(sets.sets.get('kube-ipvs-external-4')?.type, 'hash:ip,port');
    assert.ok(!sets.sets.has('kube-ipvs-external-4-b'));
  });

  it('is refused with what to do where its spare has the same fault', async () => {
    const { sets, foundation } = setUp();
    await foundation.ensure();
    sets.put({ name: 'kube-ipvs-vip-4', type: 'hash:ip' });
    sets.put({ name: 'kube-ipvs-vip-4-b', type: 'hash:ip' });
    sets.references = () => 1;
    await assert.rejects(
      foundation.ensure(),
      /the set kube-ipvs-vip-4 has room for 65536 entries, .*rules refer to both: delete these rules/,
    );
  });
});
