import assert from 'node:assert/strict';
import {
  ConfigurationError,
  loadSettings,
  settingsFromText,
} from '../../../src/config/load-settings.ts';
import { schedulers } from '../../../src/kernel/ipvs/schedulers.ts';
import { errorsOf, nothingSaid, settings } from './configuration.ts';

const silent = { withoutEffect: () => {}, unknown: () => {} };

/** Cidrs as texts, to compare them. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the configuration', () => {
  it('has the defaults of kube-proxy where it says nothing', () => {
    const expected = settings('');
    assert.equal(expected.nodeName, 'the-host');
    assert.equal(expected.kubeconfig, undefined);
    assert.equal(expected.auditEveryMs, 30_000);
    assert.equal(expected.minSyncPeriodMs, 0);
    assert.equal(expected.translation.scheduler, 'rr');
    assert.equal(expected.oomScoreAdj, -999);
    assert.equal(expected.logLevel, 'info');
    assert.equal(expected.kernel.strictArp, false);
    assert.equal(expected.kernel.chains.masqueradeBit, 14);
    assert.deepEqual(expected.localDetection, { kind: 'none' });
    assert.deepEqual(expected.nodePortAddresses, { kind: 'all' });
    assert.deepEqual(expected.healthzBindAddress, { host: '0.0.0.0', port: 10_256 });
    assert.deepEqual(expected.metricsBindAddress, { host: '127.0.0.1', port: 10_249 });
    assert.deepEqual(expected.conntrack, {
      maxPerCore: 32_768,
      min: 131_072,
      tcpEstablishedSeconds: 86_400,
      tcpCloseWaitSeconds: 3600,
      tcpBeLiberal: false,
      udpSeconds: 0,
      udpStreamSeconds: 0,
    });
    assert.deepEqual(expected.ipvsTimeouts, { tcpSeconds: 0, tcpFinSeconds: 0, udpSeconds: 0 });
  });

  for (const same of [
    'ipvs: { scheduler: "", syncPeriod: 0s }\nmode: ""',
    'ipvs:\nmode: null\nclientConnection: { kubeconfig: null }\nconntrack: { maxPerCore: null }',
    'mode: ipvs\nhealthzBindAddress: ""\nmetricsBindAddress: ""\ndetectLocalMode: ""',
  ]) {
    it(`says nothing with ${JSON.stringify(same)}`, () => {
      assert.deepEqual(plain(settings(same)), plain(settings('')));
    });
  }

  it('has every scheduler of the kernel to choose from', () => {
    for (const scheduler of schedulers) {
      assert.equal(settings(`ipvs: { scheduler: ${scheduler} }`).translation.scheduler, scheduler);
    }
  });

  it('has the name of the Node without blanks and in lower case, as kube-proxy', () => {
    assert.equal(settings('', { flags: { nodeName: ' Node-A ' } }).nodeName, 'node-a');
    assert.deepEqual(
      errorsOf(() => settings('', { flags: { nodeName: ' ' } })),
      ['command line: --node-name is ""; must not be empty: the name of the Node'],
    );
  });

  it('rounds timeouts of the kernel down to seconds, but never to none', () => {
    const { ipvsTimeouts } = settings('ipvs: { tcpTimeout: 2500ms, udpTimeout: 10ms }');
    assert.deepEqual(ipvsTimeouts, { tcpSeconds: 2, tcpFinSeconds: 0, udpSeconds: 1 });
  });
});

describe('detectLocalMode', () => {
  it('is ClusterCIDR by default, with a range per family', () => {
    const { localDetection, kernel } = settings('clusterCIDR: "10.244.0.0/16, fd00::/56"');
    assert.equal(localDetection.kind, 'ranges');
    assert.deepEqual(localDetection.ranges.map(String), ['10.244.0.0/16', 'fd00::/56']);
    assert.deepEqual(kernel.chains.local, localDetection);
  });

  it('NodeCIDR waits for the Node: until then nothing is told apart', () => {
    const { localDetection, kernel } = settings(
      'detectLocalMode: NodeCIDR\nclusterCIDR: 10.244.0.0/16',
    );
    assert.deepEqual(localDetection, { kind: 'node ranges' });
    assert.deepEqual(kernel.chains.local, { kind: 'none' });
  });

  it('BridgeInterface goes by the bridge', () => {
    const yaml = 'detectLocalMode: BridgeInterface\ndetectLocal: { bridgeInterface: cni0 }';
    assert.deepEqual(settings(yaml).kernel.chains.local, { kind: 'interface', name: 'cni0' });
  });

  it('InterfaceNamePrefix goes by the first letters of the interface', () => {
    const yaml = 'detectLocalMode: InterfaceNamePrefix\ndetectLocal: { interfaceNamePrefix: azv }';
    assert.deepEqual(settings(yaml).kernel.chains.local, {
      kind: 'interface prefix',
      prefix: 'azv',
    });
  });

  it('is an error where the interface is missing', () => {
    assert.deepEqual(
      errorsOf(() => settings('detectLocalMode: BridgeInterface')),
      [
        'kube-proxy.yaml: detectLocal.bridgeInterface is ""; must be the name of a bridge where detectLocalMode is BridgeInterface',
      ],
    );
    assert.deepEqual(
      errorsOf(() => settings('detectLocalMode: InterfaceNamePrefix')),
      [
        'kube-proxy.yaml: detectLocal.interfaceNamePrefix is ""; must be the first letters of interface names where detectLocalMode is InterfaceNamePrefix',
      ],
    );
  });

  for (const name of ['a b', '-i', '..', 'a/b', 'cni0+', 'eth0@if2', '"x"', 'sixteenletters00']) {
    it(`takes no interface named ${JSON.stringify(name)}, which no rule could hold`, () => {
      const yaml = `detectLocal: { bridgeInterface: ${JSON.stringify(name)} }`;
      assert.equal(errorsOf(() => settings(yaml)).length, 1);
    });
  }
});

describe('bind addresses', () => {
  it('have the family of bindAddress by default', () => {
    const { healthzBindAddress, metricsBindAddress } = settings('bindAddress: "::"');
    assert.deepEqual(healthzBindAddress, { host: '::', port: 10_256 });
    assert.deepEqual(metricsBindAddress, { host: '::1', port: 10_249 });
  });

  it('have the default port where they say none', () => {
    const yaml = 'healthzBindAddress: 192.0.2.1\nmetricsBindAddress: "fd00::1"';
    const { healthzBindAddress, metricsBindAddress } = settings(yaml);
    assert.deepEqual(healthzBindAddress, { host: '192.0.2.1', port: 10_256 });
    assert.deepEqual(metricsBindAddress, { host: 'fd00::1', port: 10_249 });
  });

  it('with port 0 are no server', () => {
    assert.equal(settings('healthzBindAddress: 0.0.0.0:0').healthzBindAddress, undefined);
  });
});

describe('nodePortAddresses', () => {
  for (const [list, expected] of Object.entries({
    '[]': { kind: 'all' },
    '[all]': { kind: 'all' },
    '[all, 192.0.2.0/24]': { kind: 'all' },
    '[primary]': { kind: 'primary' },
    '[primary, localhost]': { kind: 'primary' },
  })) {
    it(`${list} is ${expected.kind}`, () => {
      assert.deepEqual(settings(`nodePortAddresses: ${list}`).nodePortAddresses, expected);
    });
  }

  it('are ranges otherwise', () => {
    const { nodePortAddresses } = settings('nodePortAddresses: [192.0.2.7/24, localhost]');
    assert.equal(nodePortAddresses.kind, 'ranges');
    const texts = nodePortAddresses.ranges.map(String);
    assert.deepEqual(texts, ['192.0.2.0/24', '127.0.0.0/8', '::1/128']);
  });

  it('are not the primary ones and ranges at once', () => {
    assert.equal(errorsOf(() => settings('nodePortAddresses: [primary, 192.0.2.0/24]')).length, 1);
  });
});

describe('the environment', () => {
  const environment = {
    KUBE_IPVS_DRAIN_TIMEOUT: '2m',
    KUBE_IPVS_EXTERNAL_IP_CIDRS: '192.0.2.0/24, 2001:db8::/32',
    KUBE_IPVS_IPTABLES_VARIANT: 'nft',
  };

  it('goes before our own section of the file', () => {
    const { translation, kernel } = settings('kubeIpvs: { drainTimeout: 1m }', { environment });
    assert.equal(translation.drainTimeoutMs, 120_000);
    assert.deepEqual(translation.externalIPs?.map(String), ['192.0.2.0/24', '2001:db8::/32']);
    assert.equal(kernel.iptables, 'nft');
  });

  it('says nothing with an empty variable', () => {
    const { translation } = settings('kubeIpvs: { drainTimeout: 1m }', {
      environment: { KUBE_IPVS_DRAIN_TIMEOUT: '' },
    });
    assert.equal(translation.drainTimeoutMs, 60_000);
  });

  it('is named where its value is wrong', () => {
    assert.deepEqual(
      errorsOf(() => settings('', { environment: { KUBE_IPVS_DRAIN_TIMEOUT: 'long' } })),
      [
        'environment: KUBE_IPVS_DRAIN_TIMEOUT is "long"; must be a duration such as 5m, 30s or 0s, or empty',
      ],
    );
  });
});

describe('fields of the file', () => {
  it('without effect are named once and all together, whole sections by their names', () => {
    const said = nothingSaid();
    settings('portRange: ""\nfeatureGates: { A: true }\nnftables: { masqueradeBit: 3 }', { said });
    assert.deepEqual(said, {
      withoutEffect: ['portRange', 'featureGates', 'nftables'],
      unknown: [],
    });
  });

  it('that are not set need no name', () => {
    const said = nothingSaid();
    settings('winkernel: null\nmode: ipvs', { said });
    assert.deepEqual(said, nothingSaid());
  });

  it('that do not exist are a warning with the one that was meant', () => {
    const said = nothingSaid();
    settings('ipvs: { schedular: lc }\nmasqueradeAll: true\nzzz: { a: 1 }', { said });
    assert.deepEqual(said.unknown, [
      'kube-proxy.yaml: ipvs.schedular is not a field of a KubeProxyConfiguration, and is ignored; did you mean ipvs.scheduler?',
      'kube-proxy.yaml: masqueradeAll is not a field of a KubeProxyConfiguration, and is ignored; did you mean iptables.masqueradeAll?',
      'kube-proxy.yaml: zzz is not a field of a KubeProxyConfiguration, and is ignored',
    ]);
  });

  it('that do not exist are told of even where another is wrong', () => {
    const said = nothingSaid();
    assert.equal(errorsOf(() => settings('oomScoreADJ: 1\nmode: x', { said })).length, 1);
    assert.equal(said.unknown.length, 1);
  });

  it('named like the insides of an object do no harm', () => {
    const said = nothingSaid();
    settings('__proto__: { a: 1 }\nconstructor: { prototype: { b: 1 } }\ntoString: 1', { said });
    assert.equal(said.unknown.length, 3);
    assert.equal('a' in {}, false);
    assert.equal('b' in {}, false);
  });
});

describe('a wrong configuration', () => {
  it('is told with every wrong field at once: file, field, value, and what is allowed', () => {
    const yaml = `
mode: nftables
hostnameOverride: [a]
clientConnection: 5
detectLocal: { bridgeInterface: { a: 1 } }
conntrack: { min: -1, tcpBeLiberal: "true" }
ipvs: { scheduler: fastest, syncPeriod: 30, excludeCIDRs: 10.0.0.1 }`;
    assert.deepEqual(errorsOf(() => settings(yaml)).toSorted(), [
      'kube-proxy.yaml: clientConnection is 5; must be a mapping of fields',
      'kube-proxy.yaml: conntrack.min is -1; must be a whole number from 0 to 2147483647',
      'kube-proxy.yaml: conntrack.tcpBeLiberal is "true"; must be true or false',
      'kube-proxy.yaml: detectLocal.bridgeInterface is {"a":1}; must be the name of a network interface, of 15 letters at most',
      'kube-proxy.yaml: hostnameOverride is ["a"]; must be text',
      'kube-proxy.yaml: ipvs.excludeCIDRs is "10.0.0.1"; must be a list of CIDRs such as 192.0.2.0/24',
      `kube-proxy.yaml: ipvs.scheduler is "fastest"; must be one of ${schedulers.join(', ')}, or empty`,
      'kube-proxy.yaml: ipvs.syncPeriod is 30; must be a duration such as 30s, 1m or 0s',
      'kube-proxy.yaml: mode is "nftables"; must be "" or "ipvs", the one mode of this program; a file that is shared with other proxies can be used as it is with --proxy-mode=ipvs',
    ]);
  });

  it('shows values that are nothing in JavaScript', () => {
    assert.deepEqual(
      errorsOf(() => settings('oomScoreAdj: ""\nmode: 0\nhostnameOverride: false')).map(
        (line) => line.split(';')[0],
      ),
      [
        'kube-proxy.yaml: mode is 0',
        'kube-proxy.yaml: hostnameOverride is false',
        'kube-proxy.yaml: oomScoreAdj is ""',
      ],
    );
  });

  it('is one whose least period is longer than the period', () => {
    assert.deepEqual(
      errorsOf(() => settings('ipvs: { minSyncPeriod: 31s }')),
      [
        'kube-proxy.yaml: ipvs.minSyncPeriod is "31s"; must not be longer than ipvs.syncPeriod, which is 30s',
      ],
    );
  });

  it('is told once where a wrong value contradicts another besides', () => {
    assert.deepEqual(
      errorsOf(() => settings('ipvs: { minSyncPeriod: [31m] }')),
      ['kube-proxy.yaml: ipvs.minSyncPeriod is ["31m"]; must be a duration such as 30s, 1m or 0s'],
    );
  });

  for (const section of ['5', '[1]', 'text', 'true']) {
    it(`is one where ipvs is ${section}`, () => {
      assert.match(
        errorsOf(() => settings(`ipvs: ${section}`)).join(),
        /^kube-proxy.yaml: ipvs is .+; must be a mapping of fields$/,
      );
    });
  }

  const files: Readonly<Record<string, readonly RegExp[]>> = {
    'a: [': [/^f: is not valid YAML: .+ at line 1, column 5$/],
    'a: *nobody': [/^f: is not valid YAML: .*nobody.* at line 1, column 5$/],
    [`a: &a b\nc: [${'*a, '.repeat(21)}]`]: [/^f: is not valid YAML: .*aliases/],
    'a: 1\n---\nb: 2': [/^f: must hold one document, a KubeProxyConfiguration, and nothing else$/],
    '': [/^f: must hold a KubeProxyConfiguration$/],
    '- a': [/^f: must hold a KubeProxyConfiguration$/],
    'kind: KubeProxyConfiguration': [
      /^f: apiVersion is missing; allowed is kubeproxy\.config\.k8s\.io\/v1alpha1$/,
    ],
    'apiVersion: v1\nkind: Pod': [
      /^f: apiVersion is "v1"; allowed is kubeproxy\.config\.k8s\.io\/v1alpha1$/,
      /^f: kind is "Pod"; allowed is KubeProxyConfiguration$/,
    ],
  };
  for (const [text, messages] of Object.entries(files)) {
    it(`is ${JSON.stringify(text)}`, () => {
      const errors = errorsOf(() => settingsFromText(text, { config: 'f' }, silent));
      assert.equal(errors.length, messages.length);
      messages.forEach((message, index) => {
        assert.match(errors[index] ?? '', message);
      });
    });
  }

  it('is a file that cannot be read', async () => {
    await assert.rejects(
      loadSettings({ config: '/nowhere/config.yaml' }, silent),
      (error) =>
        error instanceof ConfigurationError &&
        error.message.startsWith('/nowhere/config.yaml: cannot be read: ENOENT'),
    );
  });
});
