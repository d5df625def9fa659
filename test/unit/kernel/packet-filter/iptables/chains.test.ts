import assert from 'node:assert/strict';
import {
  expectedReferences,
  chainsOfAllVersions,
  tablesOf,
  type ChainSettings,
} from '../../../../../src/kernel/packet-filter/iptables/chains.ts';
import { restoreText } from '../../../../../src/kernel/packet-filter/iptables/restore-text.ts';
import { allSets } from '../../../../../src/kernel/packet-filter/iptables/sets.ts';
import type { IpFamily } from '../../../../../src/net/ip-address.ts';
import { cidr } from '../../../../support/cluster-objects.ts';

const settings: ChainSettings = {
  masqueradeAll: false,
  masqueradeBit: 14,
  rangeMarks: 0x107f,
  local: { kind: 'ranges', ranges: [cidr('10.244.0.0/16')] },
  randomFully: true,
  hasPortRanges: true,
};

/** What is written to a family that has no rules yet. */
function textOf(family: IpFamily, changed: Partial<ChainSettings> = {}): string {
  return restoreText(tablesOf(family, { ...settings, ...changed }), '');
}

/** The rules of one chain. */
function rulesOf(name: string, changed: Partial<ChainSettings>, family: IpFamily = 'IPv4') {
  return tablesOf(family, { ...settings, ...changed })
    .flatMap(({ chains }) => chains)
    .filter((chain) => chain.name === name)
    .flatMap(({ rules }) => rules);
}

const text4 = `*mangle
:KIPVS-RANGES - [0:0]
:KIPVS-OUTPUT - [0:0]
-A KIPVS-RANGES -j SET --map-set kube-ipvs-range-marks-4 dst,dst --map-mark
-A KIPVS-RANGES -m mark ! --mark 0x0/0x107f -m set --match-set kube-ipvs-range-guarded-4 dst,dst -m set ! --match-set kube-ipvs-range-admitted-4 dst,src -j DROP
-A KIPVS-OUTPUT -m set --match-set kube-ipvs-guarded-4 dst,dst -m set ! --match-set kube-ipvs-admitted-4 dst,dst,src -j DROP
-I OUTPUT 1 -m conntrack --ctstate NEW -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-OUTPUT
-I OUTPUT 1 -m conntrack --ctstate NEW -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-RANGES
-I PREROUTING 1 -m conntrack --ctstate NEW -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-RANGES
COMMIT
*nat
:KIPVS-SERVICES - [0:0]
:KIPVS-RANGES - [0:0]
:KIPVS-CLOSED - [0:0]
:KIPVS-POSTROUTING - [0:0]
:KIPVS-MASQUERADE - [0:0]
:KIPVS-MARKS - [0:0]
-A KIPVS-SERVICES ! -s 10.244.0.0/16 -m set --match-set kube-ipvs-cluster-4 dst,dst -j MARK --set-xmark 0x4000/0x4000
-A KIPVS-SERVICES -m set --match-set kube-ipvs-external-4 dst,dst -j MARK --set-xmark 0x4000/0x4000
-A KIPVS-SERVICES -m set --match-set kube-ipvs-node-only-4 dst,dst -m set ! --match-set kube-ipvs-vip-4 dst -j MARK --set-xmark 0x4000/0x4000
-A KIPVS-SERVICES ! -s 10.244.0.0/16 -m addrtype ! --src-type LOCAL -m set --match-set kube-ipvs-node-only-4 dst,dst -j KIPVS-CLOSED
-A KIPVS-SERVICES -m set --match-set kube-ipvs-refused-4 dst,dst -j KIPVS-CLOSED
-A KIPVS-SERVICES -m mark ! --mark 0x0/0x107f -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-RANGES
-A KIPVS-RANGES ! -s 10.244.0.0/16 -m set --match-set kube-ipvs-range-cluster-4 dst,dst -j CONNMARK --set-xmark 0x4000/0x4000
-A KIPVS-RANGES -m set --match-set kube-ipvs-range-external-4 dst,dst -j CONNMARK --set-xmark 0x4000/0x4000
-A KIPVS-RANGES ! -s 10.244.0.0/16 -m addrtype ! --src-type LOCAL -m set --match-set kube-ipvs-range-node-only-4 dst,dst -j KIPVS-CLOSED
-A KIPVS-RANGES -m set --match-set kube-ipvs-range-refused-4 dst,dst -j KIPVS-CLOSED
-A KIPVS-CLOSED -p sctp -m mark ! --mark 0x0/0x107f -m set ! --match-set kube-ipvs-empty-4 src -j MARK --set-xmark 0x0/0x107f
-A KIPVS-CLOSED -m addrtype --src-type LOCAL -m mark ! --mark 0x0/0x107f -m set ! --match-set kube-ipvs-empty-4 src -j MARK --set-xmark 0x0/0x107f
-A KIPVS-CLOSED -p sctp -m set ! --match-set kube-ipvs-empty-4 src -j REDIRECT --to-ports 0
-A KIPVS-CLOSED -p tcp -m addrtype --src-type LOCAL -m set ! --match-set kube-ipvs-empty-4 src -j REDIRECT --to-ports 0
-A KIPVS-CLOSED -p udp -m addrtype --src-type LOCAL -m set ! --match-set kube-ipvs-empty-4 src -j REDIRECT --to-ports 0
-A KIPVS-POSTROUTING -m mark --mark 0x4000/0x4000 -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-MASQUERADE
-A KIPVS-POSTROUTING -m mark ! --mark 0x0/0x107f -m connmark --mark 0x4000/0x4000 -m set ! --match-set kube-ipvs-empty-4 src -j MASQUERADE --random-fully
-A KIPVS-POSTROUTING -m set --match-set kube-ipvs-hairpin-4 dst,dst,src -j MASQUERADE --random-fully
-A KIPVS-POSTROUTING -m set --match-set kube-ipvs-range-hairpin-4 dst,src -j MASQUERADE --random-fully
-A KIPVS-POSTROUTING -m set --match-set kube-ipvs-vip-4 src -j MASQUERADE --random-fully
-A KIPVS-MASQUERADE -m set ! --match-set kube-ipvs-empty-4 src -j MARK --set-xmark 0x4000/0x0
-A KIPVS-MASQUERADE -m set ! --match-set kube-ipvs-empty-4 src -j MASQUERADE --random-fully
-A KIPVS-MARKS -m set --match-set kube-ipvs-range-marks-4 dst,dst -j MARK --set-xmark 0x0/0xffffef80
-I POSTROUTING 1 -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-POSTROUTING
-I OUTPUT 1 -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-SERVICES
-I PREROUTING 1 -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-SERVICES
-A OUTPUT -m mark ! --mark 0x0/0x107f -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-MARKS
COMMIT
*filter
:KIPVS-INPUT - [0:0]
:KIPVS-RANGES - [0:0]
:KIPVS-SERVED - [0:0]
:KIPVS-FORWARD - [0:0]
:KIPVS-REFUSE - [0:0]
-A KIPVS-INPUT -m mark ! --mark 0x0/0x107f -m set --match-set kube-ipvs-range-marks-4 dst,dst -g KIPVS-RANGES
-A KIPVS-INPUT -m set --match-set kube-ipvs-cluster-4 dst,dst -j RETURN
-A KIPVS-INPUT -m set --match-set kube-ipvs-guarded-4 dst,dst -m set ! --match-set kube-ipvs-admitted-4 dst,dst,src -j DROP
-A KIPVS-INPUT -m set --match-set kube-ipvs-external-4 dst,dst -j RETURN
-A KIPVS-INPUT -m set --match-set kube-ipvs-local-4 dst,dst -j RETURN
-A KIPVS-INPUT ! -s 10.244.0.0/16 -m set --match-set kube-ipvs-node-only-4 dst,dst -j KIPVS-REFUSE
-A KIPVS-INPUT -m set --match-set kube-ipvs-node-only-4 dst,dst -j RETURN
-A KIPVS-INPUT -m set --match-set kube-ipvs-refused-4 dst,dst -j KIPVS-REFUSE
-A KIPVS-INPUT -p tcp -m set --match-set kube-ipvs-health dst -j ACCEPT
-A KIPVS-INPUT ! -p icmp -m set --match-set kube-ipvs-vip-4 dst -j KIPVS-REFUSE
-A KIPVS-RANGES ! -s 10.244.0.0/16 -m set --match-set kube-ipvs-range-node-only-4 dst,dst -j KIPVS-REFUSE
-A KIPVS-RANGES -m set --match-set kube-ipvs-range-refused-4 dst,dst -j KIPVS-REFUSE
-A KIPVS-SERVED -m set --match-set kube-ipvs-cluster-4 dst,dst -j ACCEPT
-A KIPVS-SERVED -m set --match-set kube-ipvs-external-4 dst,dst -j ACCEPT
-A KIPVS-SERVED -m set --match-set kube-ipvs-local-4 dst,dst -j ACCEPT
-A KIPVS-SERVED -m set --match-set kube-ipvs-node-only-4 dst,dst -j ACCEPT
-A KIPVS-SERVED -m set --match-set kube-ipvs-range-marks-4 dst,dst -j ACCEPT
-A KIPVS-SERVED -p tcp -m set --match-set kube-ipvs-health dst -j ACCEPT
-A KIPVS-FORWARD -m mark --mark 0x4000/0x4000 -m set ! --match-set kube-ipvs-empty-4 src -j ACCEPT
-A KIPVS-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -m set ! --match-set kube-ipvs-empty-4 src -j ACCEPT
-A KIPVS-REFUSE -p tcp -m set ! --match-set kube-ipvs-empty-4 src -j REJECT --reject-with tcp-reset
-A KIPVS-REFUSE -m set ! --match-set kube-ipvs-empty-4 src -j REJECT --reject-with icmp-port-unreachable
-I FORWARD 1 -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-FORWARD
-I INPUT 1 -m conntrack --ctstate NEW -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-INPUT
-A INPUT -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-SERVED
COMMIT
*security
:KIPVS-MARKS - [0:0]
-A KIPVS-MARKS -m set --match-set kube-ipvs-range-marks-4 dst,dst -j MARK --set-xmark 0x0/0xffffef80
-I INPUT 1 -m mark ! --mark 0x0/0x107f -m set ! --match-set kube-ipvs-empty-4 src -j KIPVS-MARKS
COMMIT
`;

describe('the names of the chains', () => {
  it('are all in the list of what any version of this program has made', () => {
    const names = tablesOf('IPv4', settings).flatMap(({ chains }) =>
      chains.map(({ name }) => name),
    );
    assert.ok(names.length > 0);
    assert.deepEqual(
      names.filter((name) => !chainsOfAllVersions.has(name)),
      [],
    );
  });
});

describe('the chains', () => {
  it('are these for IPv4', () => {
    assert.equal(textOf('IPv4'), text4);
  });

  it('are fewer where there were never any port ranges, and look into no set of theirs', () => {
    const ofRanges = /^.*(?:KIPVS-(?:RANGES|MARKS)|-range-|0x107f|[*]security).*\n/gm;
    const expected = text4.replace(ofRanges, '').replace('COMMIT\nCOMMIT\n', 'COMMIT\n');
    assert.equal(textOf('IPv4', { hasPortRanges: false }), expected);
  });

  it('are the same for IPv6, with its own sets, range and ICMP', () => {
    const local = { kind: 'ranges', ranges: [cidr('fd00:244::/32')] } as const;
    assert.equal(
      textOf('IPv6', { local }),
      text4
        .replaceAll(/(kube-ipvs-[a-z-]+)-4/g, '$1-6')
        .replaceAll('10.244.0.0/16', 'fd00:244::/32')
        .replaceAll('! -p icmp ', '! -p ipv6-icmp ')
        .replaceAll('icmp-port-unreachable', 'icmp6-port-unreachable'),
    );
  });

  it('jump from chains of the kernel to chains of ours in the same table', () => {
    for (const { chains, jumps } of tablesOf('IPv4', settings)) {
      for (const { to, rule } of jumps) {
        assert.ok(chains.some(({ name }) => name === to));
        assert.ok(rule.endsWith(`-j ${to}`));
      }
    }
  });

  it('have names of at most the 28 bytes that iptables takes', () => {
    for (const { chains } of tablesOf('IPv6', settings)) {
      for (const { name } of chains) {
        assert.match(name, /^KIPVS-[A-Z]{1,22}$/);
      }
    }
  });
});

describe('what is masqueraded', () => {
  const cluster = '-m set --match-set kube-ipvs-cluster-4 dst,dst';
  const external = '-m set --match-set kube-ipvs-external-4 dst,dst';
  const mark = '-j MARK --set-xmark 0x4000/0x4000';

  /** The rules that mark what goes to cluster IPs. */
  const ofCluster = (changed: Partial<ChainSettings>, family: IpFamily = 'IPv4') =>
    rulesOf('KIPVS-SERVICES', changed, family).filter((rule) => rule.includes('-cluster-'));

  it('is what goes to a cluster IP from outside clusterCIDR', () => {
    assert.deepEqual(ofCluster({}), [`! -s 10.244.0.0/16 ${cluster} ${mark}`]);
  });

  it('is nothing that goes to a cluster IP where clusterCIDR is not set', () => {
    assert.deepEqual(ofCluster({ local: { kind: 'none' } }), []);
  });

  it('is nothing that goes to a cluster IP of a family of which clusterCIDR has no range', () => {
    assert.deepEqual(ofCluster({}, 'IPv6'), []);
  });

  it('is all that goes to a cluster IP with masqueradeAll, whatever clusterCIDR', () => {
    for (const local of [settings.local, { kind: 'none' } as const]) {
      assert.deepEqual(ofCluster({ masqueradeAll: true, local }), [`${cluster} ${mark}`]);
    }
  });

  it('is all that goes to an external front end of policy Cluster', () => {
    for (const changed of [{}, { local: { kind: 'none' } as const }, { masqueradeAll: true }]) {
      assert.ok(rulesOf('KIPVS-SERVICES', changed).includes(`${external} ${mark}`));
    }
  });

  it('is what comes from another link than the bridge of the Pods', () => {
    const local = { kind: 'interface', name: 'cni0' } as const;
    assert.deepEqual(ofCluster({ local }), [`! -i cni0 ${cluster} ${mark}`]);
  });

  it('is what comes from a link whose name begins otherwise than those of the Pods', () => {
    const local = { kind: 'interface prefix', prefix: 'veth' } as const;
    assert.deepEqual(ofCluster({ local }), [`! -i veth+ ${cluster} ${mark}`]);
  });

  it('gets a port at random where iptables can do that', () => {
    assert.ok(!textOf('IPv4', { randomFully: false }).includes('--random-fully'));
  });

  for (const [masqueradeBit, digits] of [
    [0, '0x1'],
    [14, '0x4000'],
    [31, '0x80000000'],
  ] as const) {
    it(`has the mark ${digits} with masqueradeBit ${masqueradeBit}`, () => {
      const text = textOf('IPv4', { masqueradeBit });
      assert.ok(text.includes(`-j MARK --set-xmark ${digits}/${digits}\n`));
      assert.ok(text.includes(`-m mark --mark ${digits}/${digits} `));
      assert.ok(text.includes(`-j MARK --set-xmark ${digits}/0x0\n`));
      assert.equal(text, textOf('IPv4').replaceAll('0x4000', digits));
    });
  }
});

describe('a Service that only Pods of this node may reach', () => {
  const nodeOnly = '-m set --match-set kube-ipvs-node-only-4 dst,dst';

  it('is masqueraded at node ports, to which Pods of other nodes come', () => {
    assert.ok(
      rulesOf('KIPVS-SERVICES', {}).includes(
        `${nodeOnly} -m set ! --match-set kube-ipvs-vip-4 dst -j MARK --set-xmark 0x4000/0x4000`,
      ),
    );
  });

  it('refuses the others where they are known', () => {
    const local = { kind: 'interface', name: 'cni0' } as const;
    const rules = rulesOf('KIPVS-INPUT', { local });
    const at = rules.indexOf(`! -i cni0 ${nodeOnly} -j KIPVS-REFUSE`);
    assert.ok(at >= 0);
    assert.equal(rules[at + 1], `${nodeOnly} -j RETURN`);
  });

  it('answers everybody where nobody can say who they are', () => {
    const rules = rulesOf('KIPVS-INPUT', { local: { kind: 'none' } });
    assert.deepEqual(
      rules.filter((rule) => rule.includes('node-only')),
      [`${nodeOnly} -j RETURN`],
    );
    assert.deepEqual(
      rulesOf('KIPVS-SERVICES', { local: { kind: 'none' } }).filter(
        (rule) => rule.includes('node-only') && rule.includes('CLOSED'),
      ),
      [],
    );
  });
});

describe('the name of a link in a rule', () => {
  for (const name of [
    '',
    'sixteen-letters-',
    'eth0 -j ACCEPT',
    'eth0\n-A INPUT -j ACCEPT',
    'eth0;reboot',
    '"eth0"',
    'é',
    'eth+',
    'a/b',
  ]) {
    it(`is not to be ${JSON.stringify(name)}`, () => {
      for (const local of [
        { kind: 'interface', name },
        { kind: 'interface prefix', prefix: name },
      ] as const) {
        assert.throws(() => textOf('IPv4', { local }), {
          name: 'RangeError',
          message: `${JSON.stringify(name)} is not the name of a link`,
        });
      }
    });
  }

  it('may be any that the kernel uses', () => {
    for (const name of ['cni0', 'br-1f2e.100', 'fifteen-letters', 'a_b']) {
      const text = textOf('IPv4', { local: { kind: 'interface', name } });
      assert.ok(text.includes(` ! -i ${name} `));
    }
  });
});

describe('the number of rules that refer to each set', () => {
  for (const family of ['IPv4', 'IPv6'] as const) {
    it(`is that of the text for ${family}`, () => {
      const text = textOf(family);
      const expected = expectedReferences(tablesOf(family, settings));
      for (const { name } of allSets([family])) {
        assert.equal(
          expected.get(name) ?? 0,
          text.split(`-set ${name} `).length - 1,
          `for ${name}`,
        );
      }
    });
  }

  it('is known of every set, so that each one is missed when it is gone', () => {
    const expected = expectedReferences(tablesOf('IPv4', settings));
    assert.deepEqual(
      [...expected.keys()].toSorted(),
      allSets(['IPv4'])
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  it('tells of every rule and every jump', () => {
    const uncounted = text4
      .split('\n')
      .filter((line) => /^-[AI] /.test(line) && !/ --(?:match|map)-set /.test(line));
    assert.deepEqual(uncounted, []);
  });
});
