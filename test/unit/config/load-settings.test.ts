import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import {
  ConfigurationError,
  loadSettings,
  parseFile,
  settingsFrom,
  type Flags,
  type Settings,
} from '../../../src/config/load-settings.ts';
import { schedulers } from '../../../src/translate/scheduler.ts';
import { TestFolder } from '../../support/cli-folder.ts';

const header = `
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
`;

function settings(yaml: string, flags: Flags = {}, ignored: string[] = []): Settings {
  const document = parseFile('kube-proxy.yaml', `${header}${yaml}`);
  return settingsFrom(document, 'kube-proxy.yaml', flags, (fields) => ignored.push(...fields));
}

/** The lines of the error. */
function errorsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.message.split('\n');
  }
  return [];
}

describe('the configuration', () => {
  it('has the defaults of kube-proxy where it says nothing', () => {
    const expected = settings('');
    assert.equal(expected.nodeName, hostname().toLowerCase());
    assert.equal(expected.kubeconfig, undefined);
    assert.equal(expected.translation.scheduler, 'rr');
    assert.equal(expected.auditEveryMs, 30_000);
    assert.deepEqual(settings('ipvs: { scheduler: "", syncPeriod: 0s }\nmode: ""'), expected);
    assert.deepEqual(
      settings('ipvs:\nmode: null\nclientConnection: { kubeconfig: null }'),
      expected,
    );
  });

  it('is taken from its own places in the file', () => {
    const yaml = `
mode: ipvs
hostnameOverride: node-a
clientConnection: { kubeconfig: /etc/kubeconfig }
ipvs: { scheduler: wlc, syncPeriod: 1m30s }`;
    const { nodeName, kubeconfig, translation, auditEveryMs } = settings(yaml);
    assert.deepEqual(
      { nodeName, kubeconfig, scheduler: translation.scheduler, auditEveryMs },
      { nodeName: 'node-a', kubeconfig: '/etc/kubeconfig', scheduler: 'wlc', auditEveryMs: 90_000 },
    );
  });

  it('gives way to the flags', () => {
    const yaml = 'hostnameOverride: node-a\nclientConnection: { kubeconfig: /etc/kubeconfig }';
    const { nodeName, kubeconfig } = settings(yaml, { nodeName: 'node-b', kubeconfig: '/mine' });
    assert.deepEqual({ nodeName, kubeconfig }, { nodeName: 'node-b', kubeconfig: '/mine' });
  });

  it('has every scheduler of the kernel to choose from', () => {
    for (const scheduler of schedulers) {
      assert.equal(settings(`ipvs: { scheduler: ${scheduler} }`).translation.scheduler, scheduler);
    }
  });

  it('has the name of the Node without blanks and in lower case, as kube-proxy', () => {
    assert.equal(settings('', { nodeName: ' Node-A ' }).nodeName, 'node-a');
    assert.deepEqual(
      errorsOf(() => settings('', { nodeName: ' ' })),
      ['the name of the Node is empty: give it with --node-name'],
    );
  });

  it('names fields that have no effect, once each and all together', () => {
    const ignored: string[] = [];
    settings(
      'bindAddress: 0.0.0.0\nfeatureGates: { A: true }\nipvs: { strictARP: true }\nwinkernel: null',
      {},
      ignored,
    );
    assert.deepEqual(ignored.toSorted(), ['bindAddress', 'featureGates.A', 'ipvs.strictARP']);
    const none: string[] = [];
    settings('mode: ipvs', {}, none);
    assert.deepEqual(none, []);
  });
});

describe('a wrong configuration', () => {
  it('is told with every wrong field at once: file, field, value, and what is allowed', () => {
    const yaml = `
mode: iptables
hostnameOverride: [a]
clientConnection: 5
ipvs: { scheduler: fastest, syncPeriod: 30 }`;
    const errors = errorsOf(() => settings(yaml));
    const allowedSchedulers = JSON.stringify(['', ...schedulers]);
    assert.deepEqual(errors.toSorted(), [
      'kube-proxy.yaml: clientConnection is 5; must be a mapping of fields',
      'kube-proxy.yaml: hostnameOverride is ["a"]; must be of type String',
      `kube-proxy.yaml: ipvs.scheduler is "fastest"; must be one of the possible values: ${allowedSchedulers}`,
      'kube-proxy.yaml: ipvs.syncPeriod is 30; must be a duration such as 30s, 1m or 0s',
      'kube-proxy.yaml: mode is "iptables"; must be one of the possible values: ["","ipvs"]',
    ]);
  });

  for (const section of ['5', '[1]', 'text', 'true']) {
    it(`is one where ipvs is ${section}`, () => {
      assert.match(
        errorsOf(() => settings(`ipvs: ${section}`)).join(),
        /^kube-proxy.yaml: ipvs is .+; must be a mapping of fields$/,
      );
    });
  }

  const files: Readonly<Record<string, RegExp>> = {
    'a: [': /^f: is no YAML: .+ at line 1, column 5$/,
    'a: *nobody': /^f: is no YAML: .*nobody$/,
    'a: 1\n---\nb: 2': /^f: must hold one document, a KubeProxyConfiguration, and nothing else$/,
    '': /^f: must hold a KubeProxyConfiguration$/,
    '- a': /^f: must hold a KubeProxyConfiguration$/,
    'kind: KubeProxyConfiguration':
      /^f: apiVersion is missing; allowed is kubeproxy\.config\.k8s\.io\/v1alpha1$/,
    'apiVersion: v1\nkind: Pod':
      /^f: apiVersion is "v1"; allowed is kubeproxy\.config\.k8s\.io\/v1alpha1$/,
    'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: Pod':
      /^f: kind is "Pod"; allowed is KubeProxyConfiguration$/,
  };
  for (const [text, message] of Object.entries(files)) {
    it(`is ${JSON.stringify(text)}, told in one line`, () => {
      const [error = '', ...more] = errorsOf(() => parseFile('f', text));
      assert.match(error, message);
      assert.deepEqual(more, []);
    });
  }

  it('is a file that cannot be read', async () => {
    await assert.rejects(
      loadSettings({ config: '/nowhere/config.yaml' }, () => {}),
      (error) =>
        error instanceof ConfigurationError &&
        error.message.startsWith('/nowhere/config.yaml: cannot be read: ENOENT'),
    );
  });
});

describe('the file that --config names', () => {
  it('is read', async () => {
    const folder = new TestFolder();
    try {
      const config = folder.config({ ipvs: { syncPeriod: '5s' } });
      assert.equal((await loadSettings({ config }, () => {})).auditEveryMs, 5000);
    } finally {
      folder.delete();
    }
  });
});
