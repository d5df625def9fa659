import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureAll } from '../../../../support/ensure-all.ts';
import { IptablesError } from '../../../../../src/kernel/packet-filter/iptables/iptables.ts';
import { openIptablesFilter } from '../../../../../src/kernel/packet-filter/iptables/iptables-filter.ts';
import { memberKey } from '../../../../../src/kernel/packet-filter/iptables/member-key.ts';
import { ImpossibleError } from '../../../../../src/reconcile/foundation.ts';
import { cidr, ip } from '../../../../support/cluster-objects.ts';
import { allSets } from '../../../../../src/kernel/packet-filter/iptables/sets.ts';
import { FakeIptables, type FakeIptablesOptions } from '../../../../support/fake-iptables.ts';
import { FakeKernel } from '../../../../support/fake-kernel/fake-kernel.ts';
import { setsUnder } from '../../../../support/sets-under-rules.ts';

const chains = {
  masqueradeAll: false,
  masqueradeBit: 14,
  rangeMarks: 0x107f,
  local: { kind: 'none' },
  randomFully: true,
} as const;

function open(options: FakeIptablesOptions = {}, wanted: 'auto' | 'legacy' | 'nft' = 'auto') {
  const iptables = new FakeIptables(options);
  const kernel = new FakeKernel();
  const sets = kernel.ipset;
  const notes: string[] = [];
  const filter = openIptablesFilter(
    ['IPv4', 'IPv6'],
    { chains, iptables: wanted },
    { note: (message) => notes.push(message), changed: () => undefined },
    iptables.run,
    setsUnder(kernel, iptables),
  );
  /** The errors of one pass. */
  const ensure = () => ensureAll(filter.foundations);
  return { iptables, sets, notes, filter, ensure };
}

/** A refusal that passes. */
function heldLock(): never {
  throw new IptablesError('Another app is currently holding the xtables lock', 'busy');
}

describe('the masquerade shim', () => {
  it('asks and changes nothing when it is opened', () => {
    const { iptables, sets } = open();
    assert.deepEqual(iptables.calls, []);
    assert.equal(sets.sets.size, 0);
  });

  it('finds the variant with rules, and says so once', async () => {
    const { notes, filter, ensure } = open({
      rules: { 'iptables-legacy': '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n' },
    });
    assert.deepEqual(await ensure(), []);
    await ensure();
    assert.deepEqual(notes, ['iptables variant legacy: it holds rules already']);
    assert.deepEqual(
      filter.foundations.map(({ name }) => name),
      ['sets', 'masquerade IPv4', 'masquerade IPv6'],
    );
  });

  it('does not touch the variant that it does not choose', async () => {
    const { iptables, ensure } = open();
    await ensure();
    const changed = iptables.calls.filter(({ program }) => program.endsWith('-restore'));
    assert.deepEqual(
      [...new Set(changed.map(({ program }) => program))],
      ['iptables-nft-restore', 'ip6tables-nft-restore'],
    );
  });

  it('takes the other variant where the first one has no nat table', async () => {
    const { notes, ensure } = open({
      rules: { 'iptables-nft': '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n' },
      refuses: (line, program) => program === 'iptables-nft' && line.startsWith('-X'),
    });
    await ensure();
    assert.deepEqual(notes, ['iptables variant legacy: the other one does not work here']);
  });

  it('waits for the variant of the node while its lock is held, and never takes the other', async () => {
    const { iptables, notes, ensure } = open({
      rules: { 'iptables-legacy': '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n' },
      refuses: (_line, program) => program === 'iptables-legacy' && heldLock(),
    });
    for (const error of await ensure()) {
      assert.match(error.message, /xtables lock/);
      assert.ok(!(error instanceof ImpossibleError));
    }
    assert.deepEqual(notes, []);
    assert.ok(!iptables.calls.some(({ program }) => program === 'iptables-nft-restore'));
    iptables.options = {
      rules: { 'iptables-legacy': '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n' },
    };
    await delay(600);
    assert.deepEqual(await ensure(), []);
    assert.deepEqual(notes, ['iptables variant legacy: it holds rules already']);
  });

  it('asks nobody where the configuration says which variant', async () => {
    const { iptables, notes, ensure } = open({}, 'legacy');
    await ensure();
    assert.deepEqual(notes, []);
    assert.ok(iptables.calls.every(({ program }) => /^ip6?tables-legacy-/.test(program)));
  });

  it('says what is missing where neither program is there, and works when they come', async () => {
    const { iptables, ensure } = open({ missing: ['iptables'] });
    const [error] = await ensure();
    assert.equal(
      error?.message,
      'no masquerade and no filter: no iptables works here: the program iptables-legacy-save is missing; the program iptables-nft-save is missing',
    );
    assert.ok(!(error instanceof ImpossibleError));
    iptables.options = {};
    await delay(600);
    assert.deepEqual(await ensure(), []);
  });

  it('calls it impossible where the kernel takes neither variant, and asks no more', async () => {
    const { iptables, ensure } = open({ refuses: (line) => line.startsWith('-X') });
    const [error] = await ensure();
    assert.ok(error instanceof ImpossibleError);
    const { length } = iptables.calls;
    await delay(600);
    await ensure();
    assert.equal(iptables.calls.length, length);
  });

  it('does without where the kernel has no sets, until it has', async () => {
    const { iptables, sets, ensure } = open();
    const reason =
      'the kernel has no sets of type hash:ip,port: load the module ip_set_hash_ipport';
    sets.revisions.delete('hash:ip,port');
    const errors = await ensure();
    assert.deepEqual(
      errors.map(({ message }) => message),
      [
        `${reason}. Until then there is no masquerade and no filter`,
        `no masquerade and no filter: ${reason}`,
        `no masquerade and no filter: ${reason}`,
      ],
    );
    assert.ok(errors.every((error) => error instanceof ImpossibleError));
    assert.deepEqual(iptables.calls, []);
    sets.revisions.set('hash:ip,port', 6);
    assert.deepEqual(await ensure(), []);
  });

  it('loses no more than what a missing type is for', async () => {
    const { iptables, sets, filter, ensure } = open({}, 'nft');
    sets.revisions.delete('hash:ip,port,net');
    const [error, ...more] = await ensure();
    assert.match(error?.message ?? '', /Until then loadBalancerSourceRanges are not enforced$/);
    assert.deepEqual(more, []);
    assert.equal(iptables.countRules('kube-ipvs-admitted'), 0);
    assert.ok(iptables.countRules('kube-ipvs-refused-4') > 0);
    // Its entries wait, and are no failure.
    const admitted = {
      role: 'admitted',
      entry: {
        kind: 'endpoint and source',
        address: ip('203.0.113.1'),
        protocol: 'TCP',
        port: 80,
        source: cidr('198.51.100.0/24'),
      },
    } as const;
    filter.members.setDesiredAt(filter.members.at(memberKey(admitted)), admitted);
    await filter.members.relist();
    assert.deepEqual((await filter.members.applyAdditions(0)).failures, []);
    sets.revisions.set('hash:ip,port,net', 8);
    assert.deepEqual(await ensure(), []);
    assert.ok(iptables.countRules('kube-ipvs-admitted') > 0);
    await filter.members.relist();
    await filter.members.applyAdditions(0);
    assert.equal(sets.entries('kube-ipvs-admitted-4').length, 1);
  });
});

describe('removing the masquerade shim', () => {
  it('takes out the chains of both families, then the sets', async () => {
    const { iptables, sets, filter, ensure } = open({}, 'nft');
    await ensure();
    assert.equal(sets.sets.size, allSets(['IPv4', 'IPv6']).length);
    assert.deepEqual(await filter.remove(), []);
    assert.doesNotMatch(iptables.everything('iptables-nft'), /KIPVS/);
    assert.doesNotMatch(iptables.everything('ip6tables-nft'), /KIPVS/);
    assert.equal(sets.sets.size, 0);
  });

  it('goes on behind what fails, and tells all of it', async () => {
    const refusesIPv4 = { is: false };
    const { iptables, sets, filter, ensure } = open(
      { refuses: (_line, program) => refusesIPv4.is && program === 'iptables-nft' },
      'nft',
    );
    await ensure();
    refusesIPv4.is = true;
    const failures = await filter.remove();
    assert.equal(failures[0]?.key, 'masquerade IPv4');
    assert.ok(failures.length > 1);
    for (const { key, error } of failures.slice(1)) {
      assert.match(key, /^set kube-ipvs-(\S+-4|health)$/);
      assert.match(error.message, /EBUSY|refers/);
    }
    assert.match(iptables.everything('iptables-nft'), /KIPVS/);
    assert.doesNotMatch(iptables.everything('ip6tables-nft'), /KIPVS/);
    assert.deepEqual(
      [...sets.sets.keys()].filter((name) => name.endsWith('-6')),
      [],
    );
  });

  it('changes nothing where nothing is', async () => {
    const { iptables, filter } = open({}, 'nft');
    assert.deepEqual(await filter.remove(), []);
    assert.deepEqual(iptables.restored(), []);
  });
});
