import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { doctorExitCode, examine } from '../../src/cli/doctor.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import type { CheckReport } from '../../src/doctor/run-checks.ts';
import { ipFamilies } from '../../src/kernel/ip-families.ts';
import { withNftClient } from '../../src/kernel/nf-tables/with-client.ts';
import { removePacketFilter } from '../../src/kernel/packet-filter/open-packet-filter.ts';
import { cleanUp } from '../support/cli.ts';
import { serviceWith } from '../support/cli-clusters.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { ip6tables, iptables } from '../support/iptables-variant.ts';
import { settingsWith } from '../support/doctor-readers.ts';
import { KernelDaemon } from '../support/kernel-daemon.ts';
import { emptyKernel, emptyPacketFilter, kernelText, shell } from '../support/kernel-state.ts';
import { rawNode } from '../support/manifests.ts';
import { makeBridgeTable } from '../support/nft-table.ts';
import { runIptables } from '../support/open-kernel.ts';
import { packetFilter } from '../support/packet-filter.ts';
import { patience } from '../support/patience.ts';
import { programFile } from '../support/program.ts';

const vip = '10.96.0.10';
const stale = '10.96.99.99';
const fields = { clusterCIDR: '10.244.0.0/16', oomScoreAdj: 0, ipvs: { scheduler: 'wlc' } };

describe('the doctor, in a kernel', function () {
  this.timeout(60_000 * patience);
  this.slow(20_000);
  const isUml = process.env['KUBE_IPVS_IN_TEST_KERNEL'] === 'uml';
  let folder: TestFolder;
  let config: string;

  before(async () => {
    await emptyKernel();
    await emptyPacketFilter();
    folder = new TestFolder();
    folder.write('web.json', [...serviceWith('web', vip, ['10.244.1.1']), rawNode('node-a')]);
    config = folder.config(fields);
  });
  afterEach(async () => {
    await emptyKernel();
    await emptyPacketFilter();
    await removePacketFilter('nftables', ipFamilies(), settingsWith().kernel);
  });
  after(() => {
    folder.delete();
  });

  async function reports(): Promise<readonly CheckReport[]> {
    const options = {
      manifests: folder.manifests,
      nodeName: 'node-a',
      output: 'json',
      timeout: 10_000,
      strict: false,
      logLevel: 'info',
      logFormat: 'json',
      config,
    } as const;
    return (await examine(options, runIptables)).reports;
  }

  /** What one check finds. */
  async function findings(name: string): Promise<readonly Finding[]> {
    const report = (await reports()).find((each) => each.name === name);
    assert.ok(report);
    return report.findings;
  }

  it('finds nothing wrong before the installation, and changes nothing', async () => {
    const before = [await kernelText(), await modules(), await rules()];
    const all = await reports();
    assert.deepEqual(
      all.filter(({ severity }) => severity === 'error' || severity === 'warning'),
      [],
    );
    assert.equal(doctorExitCode(all, true), 0);
    assert.deepEqual([await kernelText(), await modules(), await rules()], before);
  });

  it('loads neither IPVS nor ipset nor nf_tables, and says what is to be loaded', async function () {
    if (!isUml) {
      // Modules of this machine's own kernel serve others too; others' are loaded on demand.
      this.skip();
    }
    const unloaded = await shell(`
      lsmod | awk '/^(ip_vs|xt_ipvs|ip_set|xt_set|nf_tables|nft_)/ { print $1 }' | tr '\\n' ' '`);
    await shell(`
      for try in 1 2 3; do
        lsmod | awk '/^(ip_vs|xt_ipvs|ip_set|xt_set|nf_tables|nft_)/ { print $1 }' |
          xargs -r modprobe -r -a && break
      done`);
    const before = await modules();
    assert.doesNotMatch(before, /^(ip_vs|ip_set|nf_tables) /m);
    const all = await reports();
    assert.equal(await modules(), before);
    const kinds = all.flatMap((report) => report.findings.map(({ kind }) => kind));
    assert.ok(kinds.includes('ipvs-not-loaded'), kinds.join());
    assert.equal(doctorExitCode(all, false), 0);
    await shell(`modprobe -a ${unloaded}`);
  });

  it('finds what kube-proxy in ipvs mode has left', async () => {
    await shell(`
      ipset create KUBE-IPVS-IPS hash:ip; ipset add KUBE-IPVS-IPS ${stale}
      ipset create KUBE-CLUSTER-IP hash:ip,port
      ${iptables}-restore --noflush <<'END'
*nat
:KUBE-SERVICES - [0:0]
:KUBE-LOAD-BALANCER - [0:0]
-A PREROUTING -j KUBE-SERVICES
COMMIT
END
      ipvsadm -A -t ${stale}:80 -s rr
      ip link add kube-ipvs0 type dummy
      ip addr add ${stale}/32 dev kube-ipvs0`);
    const [finding, ...others] = await findings('leftovers');
    assert.deepEqual(others, []);
    assert.equal(finding?.kind, 'ipvs-mode-before');
    assert.match(
      finding.seen,
      new RegExp(`chains in ${iptables}; 2 sets .*TCP ${stale}:80; addresses ${stale}$`),
    );
    assert.deepEqual(
      (await findings('foreign-virtual-servers')).map(({ kind }) => kind),
      ['ok'],
      'they are not told twice',
    );
  });

  it('finds chains of the iptables mode, which the cleanup removes and nothing else', async () => {
    await shell(`${iptables}-restore <<'END'
*nat
:KUBE-KUBELET-CANARY - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SEP-IPDSKNO2OSGTPKRZ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
:OTHERS - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -j OTHERS
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-SEP-IPDSKNO2OSGTPKRZ -p tcp -j DNAT --to-destination 10.244.1.1:8080
-A KUBE-SERVICES -d ${vip}/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-NPX46M4PTMTKRN6Y -j KUBE-SEP-IPDSKNO2OSGTPKRZ
-A OTHERS -p tcp -j RETURN
COMMIT
*filter
:KUBE-FIREWALL - [0:0]
:KUBE-FORWARD - [0:0]
-A INPUT -j KUBE-FIREWALL
-A FORWARD -j KUBE-FORWARD
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
COMMIT
END`);
    const [finding, ...others] = await findings('leftovers');
    assert.deepEqual(others, []);
    assert.equal(finding?.kind, 'iptables-mode');
    assert.match(finding.seen, new RegExp(`^${iptables}: .*packets are led into them$`));
    assert.equal(finding.command, 'kube-ipvs cleanup --kube-proxy');
    const { code, log } = await cleanUp({ kubeProxy: true, force: true });
    assert.equal(code, 0, log.messages('error').join('\n'));
    const left = await rules();
    const chains = left.match(/^:KUBE-\S+/gm)?.toSorted();
    assert.deepEqual(chains, [':KUBE-FIREWALL', ':KUBE-KUBELET-CANARY']);
    assert.match(left, /^-A PREROUTING -j OTHERS$/m);
    assert.match(left, /^-A INPUT -j KUBE-FIREWALL$/m);
    assert.deepEqual(
      (await findings('leftovers')).map(({ kind }) => kind),
      ['ok'],
    );
  });

  it('warns of a virtual server of others at a VIP, which its command deletes', async () => {
    await shell(`ipvsadm -A -t ${vip}:8080 -s rr; ipvsadm -A -t 192.0.2.80:80 -s rr`);
    const all = await findings('foreign-virtual-servers');
    assert.deepEqual(
      all.map(({ kind }) => kind),
      ['at-a-vip', 'foreign'],
    );
    await shell(all[0]?.command ?? '');
    assert.equal(await shell('ipvsadm -Sn'), '-A -t 192.0.2.80:80 -s rr\n');
  });

  it('reads the tables of nftables', async function () {
    if (!isUml) {
      this.skip();
    }
    await shell('modprobe nf_tables');
    await makeBridgeTable('kube-proxy');
    assert.deepEqual(await withNftClient((client) => client.tables()), [
      { family: 'bridge', name: 'kube-proxy' },
    ]);
    assert.deepEqual(
      (await findings('leftovers')).map(({ kind }) => kind),
      ['ok'],
      'kube-proxy has none for bridges',
    );
  });

  it('says which packet filter is used, and what of ours is there', async () => {
    const expected = new RegExp(`^packet filter ${packetFilter}: `);
    assert.match((await findings('packet-filter'))[0]?.seen ?? '', expected);
    const daemon = await KernelDaemon.start(folder.manifests, 'node-a', fields);
    try {
      const [running, ...others] = await findings('packet-filter');
      assert.deepEqual(others, []);
      assert.equal(running?.kind, 'ok');
      assert.match(running.seen, expected);
    } finally {
      await daemon.stop();
    }
    const [stopped] = await findings('packet-filter');
    assert.equal(stopped?.kind, 'stopped');
    assert.match(
      stopped.seen,
      packetFilter === 'iptables' ? /sets kube-ipvs-\*/ : /: the table inet kube-ipvs$/,
    );
  });

  it('takes iptables where its policy is DROP and nobody named one, and says so', async function () {
    if (isUml) {
      this.skip();
    }
    const environment = process.env;
    const { KUBE_IPVS_PACKET_FILTER: _, ...others } = environment;
    process.env = others;
    await shell(`${ip6tables} -P FORWARD DROP`);
    try {
      const [finding] = await findings('packet-filter');
      assert.equal(finding?.kind, 'ok');
      assert.match(
        finding.seen,
        new RegExp(`^packet filter iptables: the policy of FORWARD in ${ip6tables} is DROP`),
      );
    } finally {
      process.env = environment;
      await shell(`${ip6tables} -P FORWARD ACCEPT`);
    }
  });

  it('warns of a policy drop in a table of others, which its command shows', async function () {
    if (isUml) {
      this.skip();
    }
    await shell(`nft -f - <<'END'
table inet firewall {
  chain entry { type filter hook input priority 10; policy drop; accept; }
  chain exit { type filter hook output priority 10; policy drop; accept; }
}
END`);
    try {
      const all = await findings('packet-filter');
      assert.deepEqual(
        all.map(({ kind }) => kind),
        ['others-drop'],
      );
      assert.match(await shell(all[0]?.command ?? ''), /chain entry \{\s.* policy drop;/);
    } finally {
      await shell('nft delete table inet firewall');
    }
  });

  it('says that kube-ipvs is ready, and finds what others change under it', async () => {
    const daemon = await KernelDaemon.start(folder.manifests, 'node-a', fields);
    try {
      const all = await reports();
      assert.deepEqual(
        all.filter(({ severity }) => severity === 'error' || severity === 'warning'),
        [],
      );
      const own = all.find(({ name }) => name === 'daemon')?.findings.map(({ kind }) => kind);
      assert.deepEqual(own, ['ok']);
      await shell('echo 0 >/proc/sys/net/ipv4/vs/conntrack');
      assert.deepEqual(
        (await findings('sysctls')).map(({ kind }) => kind),
        ['changed-by-others'],
      );
    } finally {
      await daemon.stop();
    }
  });

  it('says which right is missing, as a process without any, and its exit code is 1', async () => {
    const words = [
      ...['--bounding-set=-all', '--inh-caps=-all', process.execPath, programFile, 'doctor'],
      ...['--manifests', folder.manifests, '--node-name', 'node-a', '--config', config],
      ...['-o', 'json'],
    ];
    const outcome = await promisify(execFile)('setpriv', words).catch(
      (error: unknown) => error as { readonly code: number; readonly stdout: string },
    );
    assert.equal('code' in outcome && outcome.code, 1);
    const { checks } = JSON.parse(outcome.stdout) as { readonly checks: readonly CheckReport[] };
    const kindsOf = (name: string) =>
      checks.find((check) => check.name === name)?.findings.map(({ kind }) => kind);
    assert.deepEqual(kindsOf('capabilities'), ['no-net-admin', 'no-net-raw']);
    assert.deepEqual(kindsOf('foreign-virtual-servers'), ['unread']);
    assert.deepEqual(kindsOf('kernel'), ['ok']);
  });
});

function modules(): Promise<string> {
  // Without how often each is used: that changes all the time.
  return shell('lsmod | awk \'{ print $1, "" }\' | sort');
}

function rules(): Promise<string> {
  return shell(`${iptables}-save | sed 's/ \\[[0-9:]*\\]$//; /^#/d'`);
}
