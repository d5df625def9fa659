import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { iptablesVariants } from '../../../../../src/kernel/packet-filter/iptables/iptables.ts';
import { tablesOf } from '../../../../../src/kernel/packet-filter/iptables/chains.ts';
import type { BackEndReport } from '../../../../support/back-end-program.ts';
import { cidr } from '../../../../support/cluster-objects.ts';

const program = join(import.meta.dirname, '../../../../support/back-end-program.ts');

/** A fresh network namespace of this machine's own kernel: IPVS is not needed for chains. */
function inNamespace(command: string, ...args: readonly string[]) {
  return spawnSync('unshare', ['--net', '--', command, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
}

/** Why the variant cannot be tried here; undefined where it can. */
function obstacle(variant: string): string | undefined {
  const script = `set -e
    for i in iptables-${variant} ip6tables-${variant}; do
      $i -t nat -A POSTROUTING -j MASQUERADE
      $i -A INPUT -j REJECT
    done
    ipset create a hash:ip,port,net
    ipset create b hash:ip,port,ip
    iptables-${variant} -A INPUT -m set --match-set a dst,dst,src -j DROP`;
  const { status, stderr, error } = inNamespace('sh', '-c', script);
  return status === 0 ? undefined : (error?.message ?? stderr.trim().split('\n').at(-1));
}

/** Whether this machine's own kernel has the types of sets that only port ranges need. */
function hasTypesOfRanges(): boolean {
  const script = 'ipset create a hash:ip,mark && ipset create b hash:net,net';
  return inNamespace('sh', '-c', script).status === 0;
}

/** The rules and jumps of both families that the kernel can have. */
function rulesOfText(): number {
  const settings = {
    masqueradeAll: false,
    masqueradeBit: 14,
    rangeMarks: 0x107f,
    randomFully: true,
    hasPortRanges: true,
    local: { kind: 'ranges', ranges: [cidr('10.244.0.0/16'), cidr('fd00:244::/32')] },
  } as const;
  const lacks = hasTypesOfRanges() ? /^none$/ : /kube-ipvs-range-(?!marks)/;
  return (['IPv4', 'IPv6'] as const)
    .flatMap((family) => tablesOf(family, settings))
    .flatMap(({ chains, jumps }) => [...jumps, ...chains.flatMap(({ rules }) => rules)])
    .filter((rule) => typeof rule !== 'string' || !lacks.test(rule)).length;
}

for (const variant of iptablesVariants) {
  describe(`the chains in a real kernel by iptables-${variant}`, function () {
    this.timeout(90_000);
    let report: BackEndReport;

    before(function () {
      const reason = obstacle(variant);
      if (reason !== undefined) {
        console.log(`skipped, iptables-${variant} does not work here: ${reason}`);
        this.skip();
      }
      const { status, stdout, stderr } = inNamespace(process.execPath, program, variant);
      assert.equal(status, 0, stderr);
      report = JSON.parse(stdout) as BackEndReport; // what the program prints
    });

    it('are taken, every rule of them', () => {
      assert.deepEqual(report.warnings, []);
      assert.equal(report.rules, rulesOfText());
    });

    it('are found in place by an audit that starts no program', () => {
      assert.equal(report.programsOfAudit, 0);
    });

    it('come back within one audit, whichever of them was flushed', () => {
      assert.equal(report.repairs.length, 7);
      for (const { flushed, restored, programs } of report.repairs) {
        assert.ok(restored, `${flushed} is not as it was`);
        assert.equal(programs, 2, `for ${flushed}`);
      }
    });

    it('are back soon after others have flushed a table, written once', () => {
      const { watchedMs, watchedRepairs, lookMs } = report;
      console.log(
        `      back after ${Math.round(watchedMs)} ms; a look takes ${Math.round(lookMs * 1000)} us`,
      );
      // The one tells, the other is looked at every two seconds; the rest is for a loaded machine.
      assert.ok(watchedMs < (variant === 'nft' ? 1900 : 5000), String(watchedMs));
      assert.equal(watchedRepairs, 1);
    });

    it('are gone without a trace after they were removed, and so are the sets', () => {
      assert.deepEqual(report.left, []);
    });
  });
}
