import assert from 'node:assert/strict';
import { leftovers } from '../../../../src/doctor/checks/leftovers.ts';
import type { NftTable } from '../../../../src/kernel/nf-tables/client.ts';
import { ip } from '../../../support/cluster-objects.ts';
import {
  findingsOf,
  kindsFound,
  kubeProxyServed,
  processesNamed,
  rulesOf,
  serving,
} from '../../../support/doctor-readers.ts';

const iptablesMode = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
COMMIT
`;
const ipvsMode = '*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-LOAD-BALANCER - [0:0]\nCOMMIT\n';
const kubeletsOwn =
  '*nat\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-POSTROUTING - [0:0]\n:KUBE-KUBELET-CANARY - [0:0]\n*filter\n:KUBE-FIREWALL - [0:0]\nCOMMIT\n';

describe('doctor: leftovers', () => {
  it('takes nothing of the kubelet for a leftover', async () => {
    assert.deepEqual(await kindsFound(leftovers, rulesOf('iptables-nft', kubeletsOwn)), ['ok']);
  });

  it('minds chains of the iptables mode in either variant and family', async () => {
    for (const program of [
      'iptables-nft',
      'iptables-legacy',
      'ip6tables-nft',
      'ip6tables-legacy',
    ]) {
      const [finding] = await findingsOf(leftovers, rulesOf(program, iptablesMode));
      assert.equal(finding?.kind, 'iptables-mode', program);
      assert.match(finding.seen, new RegExp(`^${program}: .*packets are led into them`));
      assert.equal(finding.command, 'kube-ipvs cleanup --kube-proxy');
    }
  });

  it('minds tables of the nftables mode, and no other table', async () => {
    const tables = (...all: NftTable[]) => ({ nftTables: () => Promise.resolve(all) });
    const [finding] = await findingsOf(leftovers, tables({ family: 'ip6', name: 'kube-proxy' }));
    assert.equal(finding?.kind, 'nftables-mode');
    assert.equal(finding.command, 'kube-ipvs cleanup --kube-proxy');
    const others = tables({ family: 'inet', name: 'kube-proxy' }, { family: 'ip', name: 'filter' });
    assert.deepEqual(await kindsFound(leftovers, others), ['ok']);
  });

  it('takes the rules of a kube-proxy that runs for no leftovers, and says of which mode they are', async () => {
    for (const runs of [processesNamed(['kube-proxy']), serving(kubeProxyServed)]) {
      const rules = { ...rulesOf('iptables-nft', iptablesMode), ...runs };
      const [finding] = await findingsOf(leftovers, rules);
      assert.equal(finding?.kind, 'in-use');
      assert.match(finding.seen, /^iptables-nft: chains of kube-proxy in iptables mode/);
      const tables = () => Promise.resolve([{ family: 'ip', name: 'kube-proxy' } as const]);
      assert.deepEqual(await kindsFound(leftovers, { nftTables: tables, ...runs }), ['in-use']);
    }
  });

  it('warns of the ipvs mode once kube-ipvs runs, and notes it before', async () => {
    const rules = rulesOf('iptables-legacy', ipvsMode);
    assert.deepEqual(await kindsFound(leftovers, rules), ['ipvs-mode']);
    assert.deepEqual(await kindsFound(leftovers, { ...rules, ...serving({}) }), [
      'ipvs-mode-before',
    ]);
  });

  it('knows the ipvs mode by sets, virtual servers and addresses, too', async () => {
    const [finding] = await findingsOf(leftovers, {
      setNames: () => Promise.resolve(new Set(['KUBE-CLUSTER-IP', 'KUBE-6-CLUSTER-IP', 'mine'])),
      ipvsLeftovers: () =>
        Promise.resolve({
          virtualServers: [
            { kind: 'address', protocol: 'TCP', address: ip('10.96.9.9'), port: 80 } as const,
          ],
          boundAddresses: [ip('10.96.9.9')],
        }),
    });
    assert.equal(finding?.kind, 'ipvs-mode');
    assert.match(
      finding.seen,
      /2 sets KUBE-\*; virtual servers TCP 10\.96\.9\.9:80; addresses 10\.96\.9\.9/,
    );
  });
});
