import assert from 'node:assert/strict';
import { packetFilter } from '../../../../src/doctor/checks/packet-filter.ts';
import type { ModuleState, NodeReaders } from '../../../../src/doctor/readers.ts';
import {
  findingsOf,
  kindsFound,
  modulesBut,
  rulesOf,
  settingsWith,
} from '../../../support/doctor-readers.ts';

const noLegacy = { ip_tables: 'missing', iptable_nat: 'missing' } as const;
const noNft = { nf_tables: 'missing', nft_compat: 'missing', nft_chain_nat: 'missing' } as const;

async function seen(different: Partial<NodeReaders>): Promise<string> {
  return (await findingsOf(packetFilter, different)).map((each) => each.seen).join();
}

describe('doctor: packet-filter', () => {
  it('says which variant would be used, and why', async () => {
    assert.match(await seen({}), /variant nft: both work/);
    assert.match(await seen(modulesBut(noNft)), /variant legacy: the other one does not work/);
    const hint = '*mangle\n:KUBE-IPTABLES-HINT - [0:0]\nCOMMIT\n';
    assert.match(
      await seen(rulesOf('iptables-legacy', hint)),
      /variant legacy: it holds the kubelet/,
    );
  });

  it('counts what is not loaded as usable, and starts no program for it', async () => {
    const notLoaded: Partial<NodeReaders> = {
      ...modulesBut({ nf_tables: 'loadable', ip_tables: 'loadable' }),
      rules: () => Promise.resolve({ kind: 'not loaded' }),
    };
    assert.deepEqual(await kindsFound(packetFilter, notLoaded), ['ok']);
  });

  it('minds that neither variant works', async () => {
    const kinds = await kindsFound(packetFilter, modulesBut({ ...noLegacy, ...noNft }));
    assert.deepEqual(kinds, ['no-variant']);
  });

  it('takes a variant whose program fails for one that does not work', async () => {
    const rules = (): ReturnType<NodeReaders['rules']> =>
      Promise.resolve({ kind: 'failed', reason: 'Fatal: can’t open lock file' });
    assert.match(await seen({ rules }), /legacy: Fatal.*; nft: Fatal/);
  });

  it('minds a program that is not installed', async () => {
    const none = { program: () => Promise.resolve(false) };
    assert.deepEqual(await kindsFound(packetFilter, none), ['no-program']);
  });

  it('minds a configured variant that cannot work, and no other', async () => {
    const settings = settingsWith({ kubeIpvs: { iptablesVariant: 'legacy' } });
    const different = { settings, ...modulesBut(noLegacy) };
    assert.deepEqual(await kindsFound(packetFilter, different), ['configured-variant']);
    assert.deepEqual(await kindsFound(packetFilter, { settings, ...modulesBut(noNft) }), ['ok']);
  });

  it('minds matches, targets and sets that the kernel lacks, by what they are for', async () => {
    const kinds = (states: Readonly<Record<string, ModuleState>>) =>
      kindsFound(packetFilter, modulesBut(states));
    assert.deepEqual(await kinds({ xt_addrtype: 'missing' }), ['missing-modules']);
    assert.deepEqual(await kinds({ ip6t_REJECT: 'missing' }), ['missing-modules']);
    assert.deepEqual(await kinds({ ip_set_hash_ipport: 'missing' }), ['missing-sets']);
    assert.deepEqual(await kinds({ ip_set_hash_ipportnet: 'missing' }), ['missing-other-sets']);
    assert.match(
      await seen(modulesBut({ ip_set_hash_ipportnet: 'missing' })),
      /loadBalancerSourceRanges are not enforced/,
    );
  });

  it('sends nobody to a package for a module that is blocked', async () => {
    const [finding] = await findingsOf(packetFilter, modulesBut({ xt_set: 'blocked' }));
    assert.equal(finding?.kind, 'missing-modules');
    assert.match(finding.command ?? '', /^grep -rn xt_set \/etc\/modprobe\.d/);
  });

  it('says that it cannot tell where modules are not to be seen', async () => {
    assert.deepEqual(await kindsFound(packetFilter, modulesBut({ xt_set: 'unknown' })), [
      'not-told',
    ]);
  });

  it('minds chains of ours in both variants, and takes those out that are not used', async () => {
    const text = '*nat\n:KIPVS-SERVICES - [0:0]\nCOMMIT\n';
    const [finding] = await findingsOf(packetFilter, {
      rules: () => Promise.resolve({ kind: 'rules', text }),
    });
    assert.equal(finding?.kind, 'chains-in-both');
    assert.match(finding.command ?? '', /^iptables-legacy-save \| .*iptables-legacy-restore/);
  });
});
