import assert from 'node:assert/strict';
import {
  ConfigurationError,
  parseFile,
  settingsFrom,
  type Settings,
} from '../../../src/config/load-settings.ts';

function settings(document: object): Settings {
  return settingsFrom(document, 'config.yaml', { nodeName: 'node-a' }, (fields) => {
    assert.deepEqual(fields, []);
  });
}

function complaint(document: object): string {
  try {
    settings(document);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.message;
  }
  return assert.fail('it was accepted');
}

describe('the configuration', () => {
  it("has kube-proxy's defaults where it says nothing", () => {
    const { nodePortAddresses, translation, auditEveryMs } = settings({});
    assert.deepEqual(nodePortAddresses, { kind: 'all' });
    assert.equal(translation.scheduler, 'rr');
    assert.equal(translation.drainTimeoutMs, undefined);
    assert.deepEqual(translation.externalIPs?.map(String), ['0.0.0.0/0', '::/0']);
    assert.equal(auditEveryMs, 30_000);
  });

  it('has the same defaults where fields are null', () => {
    assert.deepEqual(
      JSON.stringify(settings({ nodePortAddresses: null, kubeIpvs: null, ipvs: null })),
      JSON.stringify(settings({})),
    );
    assert.deepEqual(
      JSON.stringify(settings({ kubeIpvs: { drainTimeout: null, externalIPCIDRs: null } })),
      JSON.stringify(settings({})),
    );
  });
});

describe('nodePortAddresses', () => {
  const of = (nodePortAddresses: unknown) => settings({ nodePortAddresses }).nodePortAddresses;

  it('is all for an empty list', () => {
    assert.deepEqual(of([]), { kind: 'all' });
  });

  it('is primary for that word alone', () => {
    assert.deepEqual(of(['primary']), { kind: 'primary' });
  });

  it('is ranges for CIDRs of both families', () => {
    const setting = of(['192.0.2.0/24', '2001:db8::/32']);
    assert.equal(setting.kind, 'ranges');
    assert.deepEqual(setting.ranges.map(String), ['192.0.2.0/24', '2001:db8::/32']);
  });

  for (const wrong of [
    ['192.0.2.10'],
    ['primary', '192.0.2.0/24'],
    ['primary', 'primary'],
    ['192.0.2.0/33'],
    'primary',
    [7],
    { cidr: '192.0.2.0/24' },
  ]) {
    it(`is refused where it is ${JSON.stringify(wrong)}`, () => {
      const message = complaint({ nodePortAddresses: wrong });
      assert.match(
        message,
        /^config\.yaml: nodePortAddresses.* must be a list of CIDRs .* or the word primary alone/,
      );
    });
  }
});

describe('kubeIpvs.drainTimeout', () => {
  const of = (drainTimeout: unknown) =>
    settings({ kubeIpvs: { drainTimeout } }).translation.drainTimeoutMs;

  for (const [text, ms] of [
    ['', undefined],
    ['0s', 0],
    ['0', 0],
    ['30s', 30_000],
    ['1h5m', 3_900_000],
  ] as const) {
    it(`is ${ms === undefined ? 'no limit' : `${ms} ms`} where it is '${text}'`, () => {
      assert.equal(of(text), ms);
    });
  }

  for (const wrong of ['-1s', 'long', 30, '30', true]) {
    it(`is refused where it is ${JSON.stringify(wrong)}`, () => {
      const message = complaint({ kubeIpvs: { drainTimeout: wrong } });
      assert.match(
        message,
        /^config\.yaml: kubeIpvs\.drainTimeout.* must be a duration .* or empty/,
      );
    });
  }
});

describe('kubeIpvs.externalIPCIDRs', () => {
  const of = (externalIPCIDRs: unknown) =>
    settings({ kubeIpvs: { externalIPCIDRs } }).translation.externalIPs?.map(String);

  it('is the ranges that it lists', () => {
    assert.deepEqual(of(['198.51.100.0/24', '2001:db8::/32']), [
      '198.51.100.0/24',
      '2001:db8::/32',
    ]);
  });

  it('is nowhere for an empty list', () => {
    assert.deepEqual(of([]), []);
  });

  for (const wrong of [
    ['198.51.100.1'],
    ['primary'],
    '198.51.100.0/24',
    [null],
    { range: '198.51.100.0/24' },
  ]) {
    it(`is refused where it is ${JSON.stringify(wrong)}`, () => {
      const message = complaint({ kubeIpvs: { externalIPCIDRs: wrong } });
      assert.match(message, /^config\.yaml: kubeIpvs\.externalIPCIDRs.* must be a list of CIDRs/);
    });
  }
});

describe('the scheduler and the audit period', () => {
  it('are those of ipvs.scheduler and ipvs.syncPeriod', () => {
    const { translation, auditEveryMs } = settings({ ipvs: { scheduler: 'mh', syncPeriod: '5s' } });
    assert.equal(translation.scheduler, 'mh');
    assert.equal(auditEveryMs, 5000);
    assert.equal(settings({ ipvs: { scheduler: '', syncPeriod: '0s' } }).auditEveryMs, 30_000);
  });

  it('are refused where they do not exist', () => {
    assert.match(complaint({ ipvs: { scheduler: 'best' } }), /ipvs\.scheduler.*\brr\b/);
  });

  it('name every wrong field at once', () => {
    const message = complaint({
      ipvs: { scheduler: 'best', syncPeriod: 'x' },
      nodePortAddresses: ['x'],
      kubeIpvs: { drainTimeout: 'x' },
    });
    assert.equal(message.split('\n').length, 4);
  });
});

describe('a configuration file', () => {
  const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

  it('may be the one that kube-proxy has, with fields that have no effect here', () => {
    const document = parseFile(
      'config.yaml',
      `${head}mode: ipvs\nclusterCIDR: 10.244.0.0/16\nipvs: { scheduler: lc, strictARP: true }\n`,
    );
    const ignored: string[] = [];
    const { translation } = settingsFrom(document, 'config.yaml', { nodeName: 'a' }, (fields) => {
      ignored.push(...fields);
    });
    assert.equal(translation.scheduler, 'lc');
    assert.deepEqual(ignored.toSorted(), ['clusterCIDR', 'ipvs.strictARP']);
  });

  for (const [text, reason] of [
    ['kind: KubeProxyConfiguration', /apiVersion is missing/],
    [head.replace('v1alpha1', 'v1'), /apiVersion is "kubeproxy\.config\.k8s\.io\/v1"/],
    ['- 1', /must hold a KubeProxyConfiguration/],
    ['a: [', /is no YAML/],
  ] as const) {
    it(`is refused where it says ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseFile('config.yaml', text), {
        name: 'ConfigurationError',
        message: reason,
      });
    });
  }
});
