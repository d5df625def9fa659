import assert from 'node:assert/strict';
import { openMasquerade } from '../../../src/masquerade/masquerade.ts';
import { allSets } from '../../../src/masquerade/sets.ts';
import { FakeIptables, type FakeIptablesOptions } from '../../support/fake-iptables.ts';
import { FakeSets } from '../../support/fake-sets.ts';

const chains = {
  masqueradeAll: false,
  masqueradeBit: 14,
  local: { kind: 'none' },
  randomFully: true,
} as const;

async function open(
  options: FakeIptablesOptions = {},
  wanted: 'auto' | 'legacy' | 'nft' = 'auto',
  unavailable?: string,
) {
  const iptables = new FakeIptables(options);
  const sets = new FakeSets(iptables);
  sets.unavailable = unavailable;
  const notes: string[] = [];
  const warnings: string[] = [];
  const masquerade = await openMasquerade(
    sets,
    ['IPv4', 'IPv6'],
    { chains, iptables: wanted },
    { note: (message) => notes.push(message), warn: (message) => warnings.push(message) },
    iptables.run,
  );
  return { iptables, sets, notes, warnings, masquerade };
}

describe('opening the masquerade shim', () => {
  it('finds the variant with rules, and says so once', async () => {
    const { notes, warnings, masquerade } = await open({
      rules: { 'iptables-legacy': '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n' },
    });
    assert.deepEqual(notes, ['iptables variant legacy: it holds rules already']);
    assert.deepEqual(warnings, []);
    assert.deepEqual(
      masquerade.foundations.map(({ name }) => name),
      ['masquerade IPv4', 'masquerade IPv6'],
    );
  });

  it('leaves no rule and no chain behind by that', async () => {
    const { iptables } = await open();
    for (const program of ['iptables-nft', 'iptables-legacy', 'ip6tables-nft']) {
      assert.doesNotMatch(iptables.everything(program), /KIPVS|-A /);
    }
  });

  it('does not touch the variant that it does not choose', async () => {
    const { iptables } = await open();
    const changed = iptables.calls.filter(({ program }) => program.endsWith('-restore'));
    assert.deepEqual([...new Set(changed.map(({ program }) => program))], ['iptables-nft-restore']);
  });

  it('takes the other variant where the first one has no nat table', async () => {
    const { notes } = await open({
      rules: { 'iptables-nft': '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n' },
      refuses: (line, program) => program === 'iptables-nft' && line.startsWith('-X'),
    });
    assert.deepEqual(notes, ['iptables variant legacy: the other one does not work here']);
  });

  it('asks nobody where the configuration says which variant', async () => {
    const { iptables, notes, masquerade } = await open({}, 'legacy');
    assert.equal(iptables.calls.length, 0);
    assert.deepEqual(notes, []);
    await masquerade.foundations[0]?.ensure();
    assert.ok(iptables.calls.every(({ program }) => program.startsWith('iptables-legacy-')));
  });

  it('says what is missing where neither variant works, and does without', async () => {
    const { warnings, masquerade } = await open({ missing: ['iptables'] });
    assert.deepEqual(warnings, [
      'no masquerade and no filter: no iptables works here: the program iptables-legacy-save is missing; the program iptables-nft-save is missing',
    ]);
    assert.deepEqual(masquerade.foundations, []);
    assert.notEqual(masquerade.entries, undefined);
  });

  it('says so where the kernel has no sets, and does without', async () => {
    const { warnings, masquerade } = await open({}, 'auto', 'the kernel has no sets');
    assert.deepEqual(warnings, ['no masquerade and no filter: the kernel has no sets']);
    assert.deepEqual(masquerade.foundations, []);
    assert.equal(masquerade.entries, undefined);
  });
});

describe('removing the masquerade shim', () => {
  it('takes out the chains of both families, then the sets', async () => {
    const { iptables, sets, masquerade } = await open({}, 'nft');
    for (const foundation of masquerade.foundations) {
      await foundation.ensure();
    }
    assert.equal(sets.sets.size, allSets(['IPv4', 'IPv6']).length);
    assert.deepEqual(await masquerade.remove(), []);
    assert.doesNotMatch(iptables.everything('iptables-nft'), /KIPVS/);
    assert.doesNotMatch(iptables.everything('ip6tables-nft'), /KIPVS/);
    assert.equal(sets.sets.size, 0);
  });

  it('goes on behind what fails, and tells all of it', async () => {
    const refusesIPv4 = { is: false };
    const { iptables, sets, masquerade } = await open(
      { refuses: (_line, program) => refusesIPv4.is && program === 'iptables-nft' },
      'nft',
    );
    for (const foundation of masquerade.foundations) {
      await foundation.ensure();
    }
    refusesIPv4.is = true;
    const failures = await masquerade.remove();
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
    const { iptables, masquerade } = await open({}, 'nft');
    assert.deepEqual(await masquerade.remove(), []);
    assert.deepEqual(iptables.restored(), []);
  });
});
