import assert from 'node:assert/strict';
import {
  kubeProxyRemoval,
  kubeProxyRemovalText,
} from '../../../../src/kernel/takeover/rules-removal.ts';
import { kubeProxyTablesOf } from '../../../../src/kernel/takeover/kube-proxy-tables.ts';
import {
  hashed,
  iptablesModeRules,
  kubeletRules,
  kubeProxyVersions,
  rulesOfOthers,
  type ProxiedCluster,
} from '../../../support/kube-proxy-rules.ts';

const cluster: ProxiedCluster = {
  family: 'IPv4',
  clusterCidr: '10.244.0.0/16',
  nodeAddresses: ['192.0.2.10'],
  ports: [
    {
      name: 'default/web:http',
      protocol: 'TCP',
      clusterIp: '10.96.0.10',
      port: 80,
      nodePort: 30_080,
      endpoints: ['10.244.1.12:8080', '10.244.2.12:8080'],
    },
    {
      name: 'default/none:http',
      protocol: 'TCP',
      clusterIp: '10.96.0.11',
      port: 80,
      endpoints: [],
    },
  ],
};

/** As `iptables-save` prints what these texts have made: tables joined, chains before rules. */
function saved(...texts: readonly string[]): string {
  const all = texts.join('');
  return ['mangle', 'nat', 'filter']
    .map((table) => {
      const parts = [...all.matchAll(new RegExp(`^\\*${table}\n(.*?)^COMMIT`, 'gms'))];
      const body = parts.flatMap(([, text = '']) => text.split('\n').filter((line) => line !== ''));
      return [
        `*${table}`,
        ':OUTPUT ACCEPT [1:2]',
        ...body.filter((line) => line.startsWith(':')),
        ...body.filter((line) => line.startsWith('-')).map((line) => line.replace(/^-I /, '-A ')),
        'COMMIT',
        '',
      ].join('\n');
    })
    .join('');
}

/** What of a table is to go. */
function removed(present: string, name: string) {
  const { chains, emptied, rules } =
    kubeProxyRemoval(present).find(({ table }) => table === name) ??
    assert.fail(`nothing in ${name}`);
  return { chains: chains.toSorted(), emptied, rules: rules.toSorted() };
}

describe('what of kube-proxy goes out of the rules of iptables', () => {
  for (const version of kubeProxyVersions) {
    it(`are all chains of the iptables mode of ${version}, and the jumps to them`, () => {
      const rules = iptablesModeRules(version, cluster);
      const present = saved(kubeletRules, rulesOfOthers, rules);
      const made = [...rules.matchAll(/^:(\S+) /gm)].map(([, chain]) => chain);
      const gone = kubeProxyRemoval(present).flatMap(({ chains }) => chains);
      assert.deepEqual(gone.toSorted(), made.toSorted());
      const jumps = [...rules.matchAll(/^-I (?!KUBE-)(.*)$/gm)].map(
        ([, rule = '']) => `-A ${rule}`,
      );
      const deleted = kubeProxyRemoval(present).flatMap((removal) => removal.rules);
      assert.deepEqual(deleted.toSorted(), jumps.toSorted());
    });
  }

  it('is nothing of the kubelet, of network plugins, of Docker, or of users’ chains that begin alike', () => {
    assert.deepEqual(kubeProxyRemoval(saved(kubeletRules, rulesOfOthers)), []);
    assert.equal(kubeProxyRemovalText([]), '');
  });

  it('are chains of earlier releases, too: XLB and FW in nat', () => {
    const names = ['XLB', 'SVL', 'FW'].map((kind) => hashed(kind, 'default/web', 'TCP'));
    const present = saved(`*nat\n${names.map((name) => `:${name} - [0:0]\n`).join('')}COMMIT\n`);
    assert.deepEqual(removed(present, 'nat').chains, names.toSorted());
  });

  it('are chains of the ipvs mode', () => {
    const present = saved(
      `*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-LOAD-BALANCER - [0:0]\n-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT\nCOMMIT\n`,
      '*filter\n:KUBE-IPVS-FILTER - [0:0]\n-A INPUT -j KUBE-IPVS-FILTER\nCOMMIT\n',
    );
    assert.deepEqual(removed(present, 'nat'), {
      chains: ['KUBE-LOAD-BALANCER', 'KUBE-SERVICES'],
      emptied: [],
      rules: ['-A PREROUTING -j KUBE-SERVICES'],
    });
    assert.deepEqual(removed(present, 'filter').chains, ['KUBE-IPVS-FILTER']);
  });

  it('goes out of nat before the filter that turns some of it away', () => {
    const order = kubeProxyRemoval(saved(iptablesModeRules('1.36', cluster)));
    assert.deepEqual(
      order.map(({ table }) => table),
      ['nat', 'filter', 'mangle'],
    );
  });

  it('leaves the chains that mark to a container runtime whose rules use them', () => {
    const hostPorts =
      '*nat\n:KUBE-HP-ABC - [0:0]\n-A KUBE-HP-ABC -s 10.244.1.5/32 -j KUBE-MARK-MASQ\nCOMMIT\n';
    const { chains, emptied, rules } = removed(
      saved(iptablesModeRules('1.30', cluster), hostPorts),
      'nat',
    );
    assert.ok(!chains.includes('KUBE-MARK-MASQ') && !chains.includes('KUBE-POSTROUTING'));
    assert.ok(chains.includes('KUBE-SERVICES'));
    assert.deepEqual(emptied, []);
    assert.ok(!rules.some((rule) => rule.includes('KUBE-POSTROUTING')));
  });

  it('leaves the same to an old kubelet, without the rules that look into sets of kube-proxy', () => {
    const old = `*nat\n:KUBE-MARK-DROP - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-POSTROUTING - [0:0]
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-POSTROUTING -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN\nCOMMIT\n`;
    assert.deepEqual(removed(saved(old), 'nat'), {
      chains: [],
      emptied: [],
      rules: ['-A KUBE-POSTROUTING -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE'],
    });
  });

  it('empties a chain that rules of others lead to, which the kernel would not delete', () => {
    const theirs = '*filter\n:MINE - [0:0]\n-A MINE -g KUBE-FORWARD\nCOMMIT\n';
    const present = saved(iptablesModeRules('1.30', cluster), theirs);
    const { chains, emptied, rules } = removed(present, 'filter');
    assert.deepEqual(emptied, ['KUBE-FORWARD']);
    assert.ok(!chains.includes('KUBE-FORWARD'));
    assert.ok(!rules.some((rule) => rule.startsWith('-A MINE')));
    const text = kubeProxyRemovalText(kubeProxyRemoval(present));
    assert.ok(text.includes(':KUBE-FORWARD - [0:0]\n'));
    assert.ok(!text.includes('-X KUBE-FORWARD\n'));
  });

  it('takes no comment for a jump', () => {
    const rule = '-A OUTPUT -m comment --comment "say \\" -j KUBE-SERVICES" -j RETURN';
    const present = saved(`*nat\n:KUBE-SERVICES - [0:0]\n${rule}\nCOMMIT\n`);
    assert.deepEqual(removed(present, 'nat').rules, []);
  });

  it('is one transaction for each table', () => {
    const present = saved(
      '*nat\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -j KUBE-SERVICES\nCOMMIT\n',
      '*mangle\n:KUBE-PROXY-CANARY - [0:0]\nCOMMIT\n',
    );
    assert.equal(
      kubeProxyRemovalText(kubeProxyRemoval(present)),
      [
        '*nat',
        ':KUBE-SERVICES - [0:0]',
        '-D PREROUTING -j KUBE-SERVICES',
        '-X KUBE-SERVICES',
        'COMMIT',
        '*mangle',
        ':KUBE-PROXY-CANARY - [0:0]',
        '-X KUBE-PROXY-CANARY',
        'COMMIT',
        '',
      ].join('\n'),
    );
  });
});

describe('the tables of the nftables mode', () => {
  it('are those of its name of the two families, and of no other', () => {
    const tables = [
      { family: 'ip', name: 'kube-proxy' },
      { family: 'ip6', name: 'kube-proxy' },
      { family: 'inet', name: 'kube-proxy' },
      { family: 'ip', name: 'kube-proxy-mine' },
      { family: 'ip', name: 'nat' },
    ] as const;
    assert.deepEqual(kubeProxyTablesOf(tables), tables.slice(0, 2));
  });
});
