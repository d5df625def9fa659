import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { rawService } from '../support/manifests.ts';
import { repository } from '../support/deployed.ts';
import { programFile } from '../support/program.ts';
import { iptables } from '../support/iptables-variant.ts';

const limitMs = 60_000;

describe('cleanup --packet-filter, with the rights of a Pod', function () {
  this.timeout(limitMs);
  this.slow(limitMs);
  let work: string;
  let state: string;

  before(() => {
    work = mkdtempSync(join(tmpdir(), 'kube-ipvs-back-'));
    mkdirSync(join(work, 'cluster'));
    writeFileSync(join(work, 'cluster/web.yaml'), stringify(rawService('web')));
    const script = `
      for table in nat filter; do
        ${iptables} -t $table -N KUBE-SERVICES
        ${iptables} -t $table -A OUTPUT -m comment --comment "-j KIPVS is not here" -j KUBE-SERVICES
        ${iptables} -t $table -A KUBE-SERVICES -d 192.0.2.1/32 -j RETURN
        ${iptables} -t $table -N KIPVS-LIKE
        ${iptables} -t $table -A OUTPUT -j KIPVS-LIKE
      done
      node "$1" run --once --manifests="$2" || exit 1
      ${iptables}-save | grep -q 'KIPVS-INPUT' || exit 2
      node "$1" cleanup --packet-filter --force || exit 3`;
    const { status, stdout, stderr } = spawnSync(
      join(repository, 'test/support/like-a-container.sh'),
      [
        'NET_ADMIN,NET_RAW',
        work,
        ...['bash', '-c', script, 'bash'],
        ...[programFile, join(work, 'cluster')],
      ],
      {
        encoding: 'utf8',
        // bash takes a socket as its input for a remote shell's, and reads .bashrc.
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, KUBE_IPVS_PROC_SYS: join(work, 'proc/sys') },
      },
    );
    assert.equal(status, 0, stderr);
    state = stdout;
  });
  after(() => {
    rmSync(work, { recursive: true });
  });

  it('leaves no rule of kube-ipvs but the masquerade of what leaves with a VIP', () => {
    const rules: readonly string[] = state.match(/^-A .*KIPVS-(?!LIKE).*$/gm) ?? [];
    assert.equal(rules.length, 2, rules.join('\n'));
    assert.match(rules[0] ?? '', /^-A POSTROUTING .*-j KIPVS-POSTROUTING$/);
    assert.match(
      rules[1] ?? '',
      /^-A KIPVS-POSTROUTING .*--match-set kube-ipvs-vip-4 src -j MASQUERADE/,
    );
  });

  it('leaves the rules of others', () => {
    assert.equal(state.match(/^-A OUTPUT .*-j KUBE-SERVICES$/gm)?.length, 2);
    assert.equal(state.match(/^-A KUBE-SERVICES -d 192\.0\.2\.1\/32 -j RETURN$/gm)?.length, 2);
    assert.equal(state.match(/^-A OUTPUT -j KIPVS-LIKE$/gm)?.length, 2);
  });

  it('leaves the virtual servers and the addresses to kube-proxy', () => {
    assert.match(state, /^-A -t 10\.96\.0\.10:80 -s rr$/m);
    assert.match(state, /inet 10\.96\.0\.10\/32/);
  });
});
