import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest, repository } from '../../support/deployed.ts';

const baseMap = readManifest('ConfigMap', 'base/config-map.yaml').data;
const standaloneMap = readManifest('ConfigMap', 'overlays/standalone/config-map-patch.yaml').data;

describe('configurations in the manifests', function () {
  this.timeout(30_000);
  this.slow(3000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-configuration-'));
    mkdirSync(join(folder, 'cluster'));
    writeFileSync(
      join(folder, 'cluster/node.yaml'),
      'apiVersion: v1\nkind: Node\nmetadata:\n  name: node-a\n',
    );
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** `plan` reads the configuration as `run` does, and needs no kernel and no API server. */
  function load(text: string): SpawnSyncReturns<string> {
    const file = join(folder, 'config.conf');
    writeFileSync(file, text);
    const args = ['plan', `--config=${file}`, '--node-name=node-a', '--log-format=json'];
    return spawnSync(
      process.execPath,
      [join(repository, 'src/main.ts'), ...args, `--manifests=${join(folder, 'cluster')}`],
      { encoding: 'utf8' },
    );
  }

  for (const [name, { 'config.conf': text = '' }] of Object.entries({
    base: baseMap,
    standalone: standaloneMap,
  })) {
    it(`${name}: loads, without a warning about it`, () => {
      const { status, stderr } = load(text);
      assert.equal(status, 0, stderr);
      const warnings = stderr.split('\n').filter((line) => /"level":"(warn|error)"/.test(line));
      assert.deepEqual(
        warnings.filter((line) => line.includes('config.conf')),
        [],
      );
    });

    it(`${name}: would be refused with a wrong value`, () => {
      const { status, stderr } = load(text.replace('syncPeriod: 30s', 'syncPeriod: soon'));
      assert.equal(status, 2, stderr);
      assert.match(stderr, /ipvs\.syncPeriod is \\"soon\\"/);
    });

    it(`${name}: asks for no rights that the DaemonSet does not give`, () => {
      // The kubelet gives -997 to system-node-critical Pods; what is lower needs SYS_RESOURCE.
      assert.match(text, /^oomScoreAdj: -997$/m);
    });
  }

  it('standalone differs from the base by its kubeconfig alone', () => {
    const { 'config.conf': standalone = '', 'kubeconfig.conf': kubeconfig = '' } = standaloneMap;
    const addition = 'clientConnection:\n  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf\n';
    assert.ok(standalone.includes(addition));
    assert.equal(standalone.replace(addition, ''), baseMap['config.conf']);
    assert.match(kubeconfig, /^ +server: https:/m);
  });
});
