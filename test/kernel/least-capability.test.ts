import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { baseDaemonSet, programOf } from '../support/deployed.ts';
import { rawService, rawSlice } from '../support/manifests.ts';
import { packetFilter } from '../support/packet-filter.ts';
import { patience } from '../support/patience.ts';
import { programFile } from '../support/program.ts';

const likeAContainer = join(import.meta.dirname, '../support/like-a-container.sh');
const granted = programOf(baseDaemonSet.spec.template.spec).securityContext.capabilities.add;
const limitMs = 120_000 * patience;

/** Those that the packet filter of this run needs; the deployment gives those that either needs. */
const needed = {
  iptables: granted,
  nftables: granted.filter((name) => name !== 'NET_RAW'),
}[packetFilter];

const cluster = [
  rawService('web', {
    type: 'NodePort',
    clusterIP: '10.96.0.10',
    clusterIPs: ['10.96.0.10'],
    ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30_080 }],
  }),
  rawSlice('web-1', 'web', {
    endpoints: [{ addresses: ['10.244.1.5'], nodeName: 'node-b' }],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  }),
];

interface Outcome {
  readonly status: number;
  readonly log: string;
  /** What the kernel held at the end. */
  readonly state: string;
}

describe(`with the rights of the DaemonSet that ${packetFilter} needs, and no others`, function () {
  this.timeout(limitMs);
  this.slow(limitMs);
  let work: string;

  before(() => {
    work = mkdtempSync(join(tmpdir(), 'kube-ipvs-rights-'));
    mkdirSync(join(work, 'cluster'));
    const documents = cluster.map((object) => stringify(object)).join('---\n');
    writeFileSync(join(work, 'cluster/cluster.yaml'), documents);
  });
  after(() => {
    rmSync(work, { recursive: true });
  });

  async function runWith(
    capabilities: readonly string[],
    command: readonly string[],
  ): Promise<Outcome> {
    const child = spawn(likeAContainer, [capabilities.join(','), work, ...command], {
      env: { ...process.env, KUBE_IPVS_PROC_SYS: join(work, 'proc/sys') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'exit');
    const [log, state] = await Promise.all([text(child.stderr), text(child.stdout)]);
    const [status] = (await exited) as [number];
    return { status, log, state };
  }

  it('nothing is writable but the lock of iptables and the network settings', async () => {
    const script = `
      for file in /etc/x /tmp/x /run/x "$KUBE_IPVS_PROC_SYS/../../x"; do
        touch "$file" && exit 1
      done
      echo 1 >/proc/sys/net/ipv4/ip_forward && exit 2
      echo 1 >"$KUBE_IPVS_PROC_SYS/net/ipv4/ip_forward" || exit 3
      : >>/run/xtables.lock || exit 4
      exit 0`;
    const { status, log } = await runWith(needed, ['bash', '-c', script]);
    assert.equal(status, 0, log);
  });

  describe('the program', () => {
    let outcome: Outcome;
    before(async () => {
      const script = `
        node "$1" run --log-format=json --manifests="$2" &
        for try in $(seq ${300 * patience}); do
          ip -o address show dev kube-ipvs0 2>/dev/null | grep -q 10.96.0.10/32 && break
          sleep 0.1
        done
        sleep 1
        before=$(date +%s%N)
        kill -TERM $!
        wait $! || exit 1
        [ $((($(date +%s%N) - before) / 1000000)) -lt ${2000 * patience} ] || exit 2`;
      const command = ['bash', '-c', script, 'bash', programFile, join(work, 'cluster')];
      outcome = await runWith(needed, command);
    });

    it('runs until SIGTERM and is then gone in less than 2 s, without a complaint', () => {
      assert.equal(outcome.status, 0, outcome.log);
      assert.deepEqual(complaints(outcome.log), []);
    });

    it('has made virtual servers and bound the address', () => {
      assert.match(outcome.state, /^-a -t 10\.96\.0\.10:80 -r 10\.244\.1\.5:8080 -m -w 1$/m);
      assert.match(outcome.state, /inet 10\.96\.0\.10\/32/);
    });

    it('has written the rules', () => {
      assert.match(outcome.state, masquerade);
    });

    it('has set the kernel settings through the volume', () => {
      assert.match(outcome.state, /ip_forward:1$/m);
      assert.match(outcome.state, /vs\/conntrack:1$/m);
    });
  });

  for (const right of needed) {
    it(`without ${right} it does not work, and says so`, async () => {
      const { status, log, state } = await runWith(
        needed.filter((name) => name !== right),
        [
          ...['node', programFile, 'run', '--once', '--log-format=json'],
          `--manifests=${join(work, 'cluster')}`,
        ],
      );
      assert.notEqual(status, 0);
      assert.notDeepEqual(complaints(log), []);
      assert.doesNotMatch(state, masquerade);
    });
  }
});

/** The rule that masquerades, as either packet filter shows it. */
const masquerade = {
  iptables: /^-A KIPVS-\S+ .*-j MASQUERADE/m,
  nftables: /^\s+.*\bmasquerade\b/m,
}[packetFilter];

/** The lines of the log that are warnings or worse, and what is no line of the log. */
function complaints(log: string): readonly string[] {
  return log.split('\n').filter((line) => line !== '' && !/^\{"level":"(debug|info)"/.test(line));
}
