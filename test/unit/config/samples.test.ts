import assert from 'node:assert/strict';
import { loadSample, samples, type Sample } from '../../fixtures/config/samples.ts';
import { errorsOf } from './configuration.ts';

function sample(file: string): Sample {
  const found = samples.find((candidate) => candidate.file === file);
  assert.ok(found, file);
  return found;
}

// What each of them becomes in full is in test/fixtures/config/README.md, which is checked.
describe('configurations of clusters', () => {
  for (const each of samples.filter(({ file }) => file !== 'handwritten.yaml')) {
    it(`${each.file} loads as it is, without a warning`, () => {
      const { settings, warnings } = loadSample(each);
      assert.deepEqual(warnings, []);
      assert.notEqual(settings.nodeName, '');
    });
  }

  for (const file of ['kubeadm-1.29.yaml', 'kubeadm-1.31-to-1.35.yaml']) {
    it(`${file} has the defaults, and the range of the Pods`, () => {
      const { settings } = loadSample(sample(file));
      assert.equal(settings.kubeconfig, '/var/lib/kube-proxy/kubeconfig.conf');
      assert.equal(settings.translation.scheduler, 'rr');
      assert.equal(settings.kernel.chains.local.kind, 'ranges');
      assert.equal(settings.conntrack.tcpEstablishedSeconds, 86_400);
      assert.equal(settings.auditEveryMs, 30_000);
    });
  }

  it('that of EKS is refused for its mode, and runs when the command line says so', () => {
    const eks = sample('eks.yaml');
    assert.match(
      errorsOf(() => loadSample({ ...eks, flags: [] })).join('\n'),
      /^config: mode is "iptables"; must be "" or "ipvs".* --proxy-mode=ipvs$/,
    );
    const { settings } = loadSample(eks);
    assert.equal(settings.oomScoreAdj, -998);
    assert.deepEqual(settings.metricsBindAddress, { host: '127.0.0.1', port: 10_249 });
  });

  it('that of Gardener in ipvs mode tracks more connections for each core', () => {
    const { settings } = loadSample(sample('gardener.yaml'));
    assert.equal(settings.conntrack.maxPerCore, 524_288);
    assert.deepEqual(settings.metricsBindAddress, { host: '0.0.0.0', port: 10_249 });
  });

  it('the flags of GKE are those of an API server, a period and the ranges of the Node', () => {
    const { settings, withoutEffect } = loadSample(sample('gke-daemonset.yaml'));
    assert.equal(settings.apiServer, 'https://192.0.2.1');
    assert.equal(settings.auditEveryMs, 60_000);
    assert.equal(settings.minSyncPeriodMs, 10_000);
    assert.deepEqual(settings.localDetection, { kind: 'node ranges' });
    assert.deepEqual(withoutEffect.toSorted(), [
      '--feature-gates',
      '--iptables-min-sync-period',
      '--iptables-sync-period',
    ]);
  });

  it('the flags of AKS leave conntrack alone and go by the names of interfaces', () => {
    const { settings } = loadSample(sample('aks-daemonset.yaml'));
    assert.equal(settings.conntrack.maxPerCore, 0);
    assert.deepEqual(settings.localDetection, { kind: 'interface prefix', prefix: 'azv' });
  });

  it('the one written by hand has three slips, and the rest of it counts', () => {
    const { settings, warnings } = loadSample(sample('handwritten.yaml'));
    assert.deepEqual(
      warnings.map((warning) => /did you mean (.*)\?/.exec(warning)?.[1]),
      ['ipvs.scheduler', 'ipvs.strictARP', 'ipvs.syncPeriod'],
    );
    assert.equal(settings.translation.scheduler, 'wlc');
    assert.equal(settings.translation.drainTimeoutMs, 600_000);
    assert.deepEqual(settings.ipvsTimeouts, {
      tcpSeconds: 900,
      tcpFinSeconds: 120,
      udpSeconds: 300,
    });
    assert.deepEqual(settings.excludeCIDRs.map(String), ['203.0.113.0/24']);
  });
});
