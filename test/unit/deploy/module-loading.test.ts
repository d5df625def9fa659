import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { baseDaemonSet, programOf, repository } from '../../support/deployed.ts';
import { rawService } from '../../support/manifests.ts';
import { environmentOfBundle } from '../../support/program-bundle.ts';

const limitMs = 120_000;
const granted = programOf(baseDaemonSet.spec.template.spec).securityContext.capabilities.add;

/** Unloads IPVS, which only a kernel of our own allows, and runs what follows it. */
const withoutModules = `
  modprobe --remove xt_ipvs
  for module in $(sed -n 's/^\\(ip_vs_[a-z]*\\) .*/\\1/p' /proc/modules) ip_vs; do
    modprobe --remove "$module" || exit 90
  done
  grep -q '^ip_vs ' /proc/modules && exit 91
  setpriv --bounding-set="$1" --inh-caps=-all --no-new-privs \\
    node "$KUBE_IPVS_TEST_PROGRAM" run --once --manifests="$2"
  echo "status $?"
  grep -o '^ip_vs[a-z_]*' /proc/modules`;

describe('module loading', function () {
  this.timeout(limitMs);
  this.slow(limitMs);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-modules-'));
    const service = rawService(
      'web',
      { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] },
      { annotations: { 'kube-ipvs.io/scheduler': 'sh' } },
    );
    writeFileSync(join(folder, 'web.yaml'), stringify(service));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('the kernel itself loads IPVS and its schedulers for the DaemonSet, which has no right to', async function () {
    if (spawnSync('which', ['linux.uml']).status !== 0) {
      this.skip(); // a machine whose own kernel has IPVS, which nobody may unload
    }
    const allowed = ['-all', ...granted.map((name) => `+${name.toLowerCase()}`)].join();
    const { status, stdout, stderr } = spawnSync(
      join(repository, 'hack/in-test-kernel'),
      ['--', 'bash', '-c', withoutModules, 'bash', allowed, folder],
      {
        encoding: 'utf8',
        timeout: limitMs,
        env: { ...(await environmentOfBundle()), KUBE_IPVS_TEST_KERNEL: 'uml' },
      },
    );
    assert.equal(status, 0, stderr);
    assert.deepEqual(stdout.trim().split('\n').toSorted(), ['ip_vs', 'ip_vs_sh', 'status 0']);
  });
});
