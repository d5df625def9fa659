import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseDaemonSet, programOf, readManifest, repository } from '../../support/deployed.ts';
import type { Probe } from '../../support/deployed.ts';

const { spec } = baseDaemonSet;
const pod = spec.template.spec;
const container = programOf(pod);
// The package's own file, which has a version.
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  version: string;
};

describe('DaemonSet', () => {
  it('selects its own Pods', () => {
    const { labels } = spec.template.metadata;
    for (const [label, value] of Object.entries(spec.selector.matchLabels)) {
      assert.equal(labels[label], value);
    }
  });

  it('runs on every Linux node, in its network, before all others', () => {
    assert.equal(pod.hostNetwork, true);
    assert.equal(pod.priorityClassName, 'system-node-critical');
    assert.deepEqual(pod.tolerations, [{ operator: 'Exists' }]);
    assert.deepEqual(pod.nodeSelector, { 'kubernetes.io/os': 'linux' });
  });

  it("does not depend on the cluster's DNS, which is a Service", () => {
    assert.equal(pod.dnsPolicy, 'Default');
  });

  it('is replaced on a tenth of the nodes at a time', () => {
    assert.deepEqual(spec.updateStrategy, {
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: '10%' },
    });
  });

  it('has the image of the version of the package', () => {
    assert.equal(container.image, `kube-ipvs:${version}`);
  });

  it('uses the ServiceAccount that the ClusterRole is bound to', () => {
    const account = readManifest('ServiceAccount', 'base/service-account.yaml').metadata;
    assert.equal(pod.serviceAccountName, account.name);
    assert.equal(baseDaemonSet.metadata.namespace, account.namespace);
  });

  it('gives the name of the node to the program', () => {
    assert.deepEqual(
      container.env?.find(({ name }) => name === 'NODE_NAME'),
      {
        name: 'NODE_NAME',
        valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } },
      },
    );
    assert.ok(container.args?.includes('--hostname-override=$(NODE_NAME)'));
  });

  it('requests memory and CPU and limits neither', () => {
    assert.deepEqual(Object.keys(container.resources), ['requests']);
    assert.deepEqual(Object.keys(container.resources['requests'] as object), ['cpu', 'memory']);
  });

  it('declares no ports: kube-proxy may still hold them while the Pod is scheduled', () => {
    assert.equal(container.ports, undefined);
  });
});

describe('rights of the DaemonSet', () => {
  it('are two capabilities of root, with no way to more', () => {
    assert.deepEqual(container.securityContext, {
      runAsUser: 0,
      runAsGroup: 0,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] },
    });
  });

  it("include the runtime's seccomp profile, and SELinux's type for those who rule the node", () => {
    assert.deepEqual(pod.securityContext, {
      seccompProfile: { type: 'RuntimeDefault' },
      seLinuxOptions: { type: 'spc_t' },
    });
  });

  it('reach two things of the node: the lock of iptables and the network settings', () => {
    assert.deepEqual(
      pod.volumes.flatMap(({ hostPath }) => (hostPath === undefined ? [] : [hostPath])),
      [
        { path: '/run/xtables.lock', type: 'FileOrCreate' },
        { path: '/proc/sys/net', type: 'Directory' },
      ],
    );
  });

  it('write nothing else: the configuration is mounted read-only', () => {
    const writable = container.volumeMounts.filter(({ readOnly }) => readOnly !== true);
    assert.deepEqual(
      writable.map(({ name, mountPath }) => [name, mountPath]),
      [
        ['xtables-lock', '/run/xtables.lock'],
        ['proc-sys-net', '/host/proc/sys/net'],
      ],
    );
  });

  it('lead the program to the network settings', () => {
    const folder = container.env?.find(({ name }) => name === 'KUBE_IPVS_PROC_SYS')?.value;
    const mount = container.volumeMounts.find(({ name }) => name === 'proc-sys-net');
    assert.equal(`${String(folder)}/net`, mount?.mountPath);
  });

  it('mount no volume that is not there', () => {
    const names = new Set(pod.volumes.map(({ name }) => name));
    assert.deepEqual(
      container.volumeMounts.filter(({ name }) => !names.has(name)),
      [],
    );
  });
});

describe('probes of the DaemonSet', () => {
  const pathOf = (probe: Probe | undefined): string | undefined => probe?.httpGet.path;

  it('ask for life with /livez and for readiness with /readyz', () => {
    assert.equal(pathOf(container.startupProbe), '/livez');
    assert.equal(pathOf(container.livenessProbe), '/livez');
    assert.equal(pathOf(container.readinessProbe), '/readyz');
  });

  it('never restart the program because its Node leaves: /healthz is for load balancers', () => {
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    assert.ok(!probes.map(pathOf).includes('/healthz'));
  });

  it('ask at the port of healthzBindAddress', () => {
    const { data } = readManifest('ConfigMap', 'base/config-map.yaml');
    const port = /^healthzBindAddress: .*:(\d+)$/m.exec(data['config.conf'] ?? '')?.[1];
    for (const probe of [
      container.startupProbe,
      container.livenessProbe,
      container.readinessProbe,
    ]) {
      assert.equal(String(probe?.httpGet.port), port);
    }
  });

  it('restart it only after a minute of silence', () => {
    const { periodSeconds = 0, failureThreshold = 0 } = container.livenessProbe ?? {};
    assert.ok(periodSeconds * failureThreshold >= 60);
  });
});

describe('component load-modules', () => {
  const patch = readManifest('DaemonSet', 'components/load-modules/daemon-set-patch.yaml');
  const [init, ...others] = patch.spec.template.spec.initContainers ?? [];

  it('is the only one that may load modules, and may do nothing else', () => {
    assert.deepEqual(others, []);
    assert.deepEqual(init?.securityContext, {
      runAsUser: 0,
      runAsGroup: 0,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['SYS_MODULE'] },
    });
  });

  it("reads the node's modules and cannot change them", () => {
    assert.deepEqual(init?.volumeMounts, [
      { name: 'lib-modules', mountPath: '/lib/modules', readOnly: true },
    ]);
  });

  it('has the image of the program', () => {
    assert.equal(init?.image, container.image);
  });
});

describe('component nftables-alone', () => {
  const patch = readManifest('DaemonSet', 'components/nftables-alone/daemon-set-patch.yaml');
  const { containers, volumes } = patch.spec.template.spec;
  const [program, ...others] = containers;

  it('names the packet filter, so that no program of iptables runs', () => {
    assert.deepEqual(others, []);
    assert.equal(program?.name, container.name);
    assert.deepEqual(program.env, [{ name: 'KUBE_IPVS_PACKET_FILTER', value: 'nftables' }]);
  });

  it('takes away the right and the file that these programs need, and gives nothing', () => {
    assert.deepEqual(program?.securityContext, {
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
    });
    assert.deepEqual(program.volumeMounts, [{ mountPath: '/run/xtables.lock', $patch: 'delete' }]);
    assert.deepEqual(volumes, [{ name: 'xtables-lock', $patch: 'delete' }]);
  });
});
