import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { formats } from '../../../src/config/formats.ts';
import { fieldsWithoutEffect } from '../../../src/config/fields-without-effect.ts';
import { fieldAt, schemaFields } from '../../../src/config/schema.ts';
import { settingsChange } from '../../../src/config/settings-change.ts';
import { errorsOf, nothingSaid, settings } from './configuration.ts';

/** A value for each field that is not its default. */
const otherValues: Readonly<Record<string, unknown>> = {
  hostnameOverride: 'node-a',
  'clientConnection.kubeconfig': '/etc/kubeconfig',
  healthzBindAddress: '127.0.0.1:1',
  metricsBindAddress: '0.0.0.0:10249',
  bindAddressHardFail: true,
  oomScoreAdj: 0,
  'logging.verbosity': 6,
  nodePortAddresses: ['primary'],
  clusterCIDR: '10.244.0.0/16',
  'iptables.masqueradeAll': true,
  'iptables.masqueradeBit': 15,
  'ipvs.scheduler': 'mh',
  'ipvs.syncPeriod': '1m',
  'ipvs.minSyncPeriod': '1s',
  'ipvs.excludeCIDRs': ['192.0.2.0/24'],
  'ipvs.strictARP': true,
  'ipvs.tcpTimeout': '15m',
  'ipvs.tcpFinTimeout': '2m',
  'ipvs.udpTimeout': '5m',
  'conntrack.maxPerCore': 0,
  'conntrack.min': 0,
  'conntrack.tcpEstablishedTimeout': '0s',
  'conntrack.tcpCloseWaitTimeout': '1m',
  'conntrack.tcpBeLiberal': true,
  'conntrack.udpTimeout': '30s',
  'conntrack.udpStreamTimeout': '2m',
  'kubeIpvs.packetFilter': 'iptables',
  'kubeIpvs.iptablesVariant': 'legacy',
  'kubeIpvs.drainTimeout': '0s',
  'kubeIpvs.localityWeights': 'same-node=2',
  'kubeIpvs.weights': 'node',
  'kubeIpvs.maxConnections': '200/150',
  'kubeIpvs.onePacket': true,
  'kubeIpvs.slowStart': '30s',
  'kubeIpvs.outlierEjection': true,
  'kubeIpvs.externalIPCIDRs': [],
  'kubeIpvs.loadBalancerIPCIDRs': [],
  'kubeIpvs.protectedCIDRs': ['203.0.113.0/24'],
  'kubeIpvs.serviceMetrics': 'realServers',
  'kubeIpvs.serviceMetricsLimit': 7,
  'kubeIpvs.statusPage': 'off',
  'kubeIpvs.takeOver': 'auto',
  'kubeIpvs.portRangeMarks': '0xff00000',
};

/** Fields that say something together with another one alone. */
const otherFiles: Readonly<Record<string, readonly [string, string]>> = {
  detectLocalMode: ['', 'detectLocalMode: NodeCIDR'],
  'detectLocal.bridgeInterface': ['a', 'b'].map(
    (name) => `detectLocalMode: BridgeInterface\ndetectLocal: { bridgeInterface: ${name} }`,
  ) as [string, string], // two in, two out
  'detectLocal.interfaceNamePrefix': ['a', 'b'].map(
    (name) => `detectLocalMode: InterfaceNamePrefix\ndetectLocal: { interfaceNamePrefix: ${name} }`,
  ) as [string, string],
};

/** Fields that change nothing by themselves. */
const changeNothing = new Set(['mode', 'bindAddress']);

function yamlOf(path: string, value: unknown): string {
  const [first = '', second] = path.split('.');
  return stringify(second === undefined ? { [first]: value } : { [first]: { [second]: value } });
}

describe('every field with an effect', () => {
  for (const { path, field } of schemaFields.filter(({ path }) => !changeNothing.has(path))) {
    it(`${path} reaches the settings, and a change of it is named: ${field.change}`, () => {
      const [before, after] = otherFiles[path] ?? ['', yamlOf(path, otherValues[path])];
      const change = settingsChange(settings(before), settings(after));
      assert.notEqual(change.kind, 'none');
      assert.ok('fields' in change && change.fields.includes(path), JSON.stringify(change));
      const kinds = change.fields.map((name) => fieldAt.get(name)?.change);
      assert.equal(change.kind, kinds.includes('restart') ? 'restart' : 'live');
    });
  }

  for (const { path, field } of schemaFields) {
    it(`${path} refuses what it cannot be, and says what it can be`, () => {
      for (const value of [{ a: 1 }, [{ a: 1 }], -5000, 1.5, 'no such\nword']) {
        const isText = typeof value === 'string';
        if (!isText || !['text', 'cidrs-or-text'].includes(field.format)) {
          const errors = errorsOf(() => settings(yamlOf(path, value)));
          assert.deepEqual(errors, [
            `kube-proxy.yaml: ${path} is ${JSON.stringify(value)}; ${formats[field.format].allowed}`,
          ]);
        }
      }
    });

    it(`${path} may be null, as in the files of kubeadm`, () => {
      assert.deepEqual(settingsChange(settings(''), settings(yamlOf(path, null))), {
        kind: 'none',
      });
    });
  }
});

describe('every field without effect', () => {
  for (const path of fieldsWithoutEffect.keys()) {
    it(`${path} is accepted, whatever it holds, and named`, () => {
      for (const value of ['', 0, false, [1], { anything: { goes: true } }]) {
        const said = nothingSaid();
        const after = settings(yamlOf(path, value), { said });
        assert.deepEqual(said, { withoutEffect: [path], unknown: [] });
        assert.deepEqual(settingsChange(settings(''), after), { kind: 'none' });
      }
    });
  }

  it('is no field with one', () => {
    for (const path of fieldsWithoutEffect.keys()) {
      assert.equal(fieldAt.has(path), false, path);
    }
  });
});
