import assert from 'node:assert/strict';
import { packetFilter } from '../../../../src/doctor/checks/packet-filter.ts';
import type { ModuleState, NodeReaders } from '../../../../src/doctor/readers.ts';
import type { BaseChain } from '../../../../src/kernel/nf-tables/client.ts';
import { hookNumber, verdictCode } from '../../../../src/kernel/nf-tables/protocol.ts';
import {
  findingsOf as findingsOfAny,
  kindsFound as kindsFoundAny,
  kubeProxyServed,
  modulesBut,
  rulesOf,
  serving,
  settingsWith,
} from '../../../support/doctor-readers.ts';

const noLegacy = { ip_tables: 'missing', iptable_nat: 'missing' } as const;
const noNft = { nf_tables: 'missing', nft_compat: 'missing', nft_chain_nat: 'missing' } as const;

/** With the packet filter of iptables, unless the readers say otherwise. */
const withIptables = { settings: settingsWith({ kubeIpvs: { packetFilter: 'iptables' } }) };
const withNftables = { settings: settingsWith({ kubeIpvs: { packetFilter: 'nftables' } }) };
const withAuto = { settings: settingsWith() };

const findingsOf = (check: typeof packetFilter, different: Partial<NodeReaders> = {}) =>
  findingsOfAny(check, { ...withIptables, ...different });
const kindsFound = (check: typeof packetFilter, different: Partial<NodeReaders> = {}) =>
  kindsFoundAny(check, { ...withIptables, ...different });

function baseChain(parts: Partial<BaseChain>): BaseChain {
  return {
    family: 'inet',
    table: 'firewall',
    name: 'input',
    hook: hookNumber.input,
    policy: verdictCode.drop,
    ...parts,
  };
}

function baseChains(...chains: readonly BaseChain[]): Pick<NodeReaders, 'nftBaseChains'> {
  return { nftBaseChains: () => Promise.resolve(chains) };
}

const ourTable: Pick<NodeReaders, 'nftTables'> = {
  nftTables: () => Promise.resolve([{ family: 'inet', name: 'kube-ipvs' }]),
};
const ourSets: Pick<NodeReaders, 'setNames'> = {
  setNames: () => Promise.resolve(new Set(['kube-ipvs-vip-4', 'kube-ipvs-of-others'])),
};

async function seen(different: Partial<NodeReaders>): Promise<string> {
  return (await findingsOf(packetFilter, different)).map((each) => each.seen).join();
}

describe('doctor: packet-filter, of iptables', () => {
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
    const settings = settingsWith({
      kubeIpvs: { packetFilter: 'iptables', iptablesVariant: 'legacy' },
    });
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

describe('doctor: packet-filter, which one', () => {
  it('is nftables where the kernel can have it, and says who can change the table', async () => {
    assert.match(
      await seen(withAuto),
      /^packet filter nftables: the kernel has what it needs.*; others can change its table/,
    );
    const newer = { ...withAuto, machine: { release: '6.12.94+deb13-amd64', cores: 2 } };
    assert.match(await seen(newer), /others cannot change its table/);
  });

  it('is iptables where a module of nf_tables is missing or the kernel is older, and says so', async () => {
    assert.match(
      await seen({ ...withAuto, ...modulesBut({ nft_masq: 'missing', nft_ct: 'blocked' }) }),
      /^packet filter iptables: the kernel has no nft_masq, nft_ct, which.*; iptables variant/,
    );
    const older = { ...withAuto, machine: { release: '5.8.0', cores: 2 } };
    assert.match(await seen(older), /^packet filter iptables: Linux 5\.8\.0 is older than 5\.9/);
    const oldest = { ...withAuto, machine: { release: '5.9.0', cores: 2 } };
    assert.match(await seen(oldest), /^packet filter nftables/);
  });

  it('is iptables where a policy of iptables, of either variant, is DROP', async () => {
    const ofNft = baseChains(baseChain({ family: 'ip', table: 'filter', name: 'FORWARD' }));
    assert.match(
      await seen({ ...withAuto, ...ofNft }),
      /^packet filter iptables: the policy of FORWARD in iptables-nft is DROP/,
    );
    const ofLegacy = rulesOf('ip6tables-legacy', '*filter\n:INPUT DROP [0:0]\nCOMMIT\n');
    assert.match(
      await seen({ ...withAuto, ...ofLegacy }),
      /^packet filter iptables: the policy of INPUT in ip6tables-legacy is DROP/,
    );
  });

  it('minds a configured nftables that the kernel cannot have', async () => {
    const [finding, ...others] = await findingsOf(packetFilter, {
      ...withNftables,
      ...modulesBut({ nft_redir: 'blocked' }),
    });
    assert.deepEqual(others, []);
    assert.equal(finding?.kind, 'configured-nftables');
    assert.match(finding.command ?? '', /^grep -rn nft_redir /);
  });

  it('warns of a configured nftables under a policy DROP of iptables', async () => {
    const [finding, ...others] = await findingsOf(packetFilter, {
      ...withNftables,
      ...baseChains(baseChain({ family: 'ip6', table: 'filter', name: 'INPUT' })),
    });
    assert.deepEqual(others, []);
    assert.equal(finding?.kind, 'policy-drop');
    assert.equal(finding.command, 'ip6tables-nft -S INPUT');
  });

  it('misses no program and no module of iptables where nftables is used', async () => {
    const without = {
      ...withAuto,
      program: () => Promise.resolve(false),
      ...modulesBut({ ip_tables: 'missing', nft_compat: 'missing', ip_set: 'missing' }),
    };
    assert.deepEqual(await kindsFound(packetFilter, without), ['ok']);
  });

  it('says that it cannot tell where modules of nf_tables are not to be seen', async () => {
    const unknown = { ...withAuto, ...modulesBut({ nft_masq: 'unknown', xt_set: 'unknown' }) };
    const [finding] = await findingsOf(packetFilter, unknown);
    assert.equal(finding?.kind, 'not-told');
    assert.equal(finding.command, 'modinfo -n nft_masq');
  });
});

describe('doctor: packet-filter, whatever is used', () => {
  it('warns of a policy drop of others at input and forward, with the line that shows it', async () => {
    const chains = baseChains(
      baseChain({}),
      baseChain({ family: 'ip', table: 'my filter', name: 'fw', hook: hookNumber.forward }),
      baseChain({ name: 'output', hook: hookNumber.output }),
      baseChain({ name: 'open', policy: verdictCode.accept }),
      baseChain({ family: 'bridge', name: 'of a bridge' }),
    );
    for (const settings of [withAuto, withIptables]) {
      const findings = await findingsOf(packetFilter, { ...settings, ...chains });
      assert.deepEqual(
        findings.map(({ kind, command }) => [kind, command]),
        [
          ['others-drop', 'nft list chain inet firewall input'],
          ['others-drop', "nft list chain ip 'my filter' fw"],
        ],
      );
    }
  });

  it('warns of both packet filters of ours, and finds one of them as it should be', async () => {
    assert.deepEqual(await kindsFound(packetFilter, ourTable), ['ok']);
    assert.deepEqual(await kindsFound(packetFilter, ourSets), ['ok']);
    const [finding] = await findingsOf(packetFilter, { ...ourTable, ...ourSets });
    assert.equal(finding?.kind, 'two-filters');
    assert.match(finding.seen, /the table inet kube-ipvs; sets kube-ipvs-\* \(1\)$/);
    assert.match(finding.command ?? '', /spec\.nodeName=node-a$/);
  });

  it('notes one that is there while no kube-ipvs answers, and warns where kube-proxy serves', async () => {
    assert.deepEqual(await kindsFound(packetFilter, { ...ourTable, ...serving({}) }), ['stopped']);
    const after = { ...ourSets, ...serving(kubeProxyServed) };
    assert.deepEqual(await kindsFound(packetFilter, after), ['left-behind']);
  });

  it('takes no table or set of others for one of ours', async () => {
    const others: Partial<NodeReaders> = {
      ...serving({}),
      nftTables: () => Promise.resolve([{ family: 'ip', name: 'kube-ipvs' }]),
      setNames: () => Promise.resolve(new Set(['kube-ipvs-of-others'])),
    };
    assert.deepEqual(await kindsFound(packetFilter, others), ['ok']);
  });
});
