import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  overlays,
  renderedFile,
  renderOverlay,
  withHeader,
  type Overlay,
} from '../../../hack/manifests/rendered.ts';
import { createProgram } from '../../../src/cli/program.ts';
import {
  baseDaemonSet,
  programOf,
  readObjects,
  type DeployedDaemonSet,
  type DeployedPod,
  type ManifestObject,
} from '../../support/deployed.ts';
import { objectsOf } from '../../support/kustomize.ts';

/** Flags of kube-proxy that `run` takes without showing them among its own. */
const kubeProxyFlags = ['--hostname-override', '--proxy-mode', '--master'];

interface Rendered {
  readonly objects: readonly ManifestObject[];
  readonly pod: DeployedPod;
}

function rendered(overlay: Overlay): Rendered {
  const objects = objectsOf(overlay);
  // The schema check holds each object to its kind's type.
  const daemonSet = objects.find(({ kind }) => kind === 'DaemonSet') as
    DeployedDaemonSet | undefined;
  assert.ok(daemonSet);
  return { objects, pod: daemonSet.spec.template.spec };
}

function flagsOf(args: readonly string[]): readonly string[] {
  return args.filter((arg) => arg.startsWith('--')).map((arg) => arg.replace(/=.*/, ''));
}

function knownFlags(command: string): ReadonlySet<string> {
  const found = createProgram('0', () => undefined).commands.find((one) => one.name() === command);
  return new Set([...(found?.options.map(({ long }) => long ?? '') ?? []), ...kubeProxyFlags]);
}

describe('arguments of the program in the manifests', () => {
  const sources: readonly [string, () => DeployedPod][] = [
    ['base', () => baseDaemonSet.spec.template.spec],
    ...overlays.map((overlay): [string, () => DeployedPod] => [
      overlay,
      () => rendered(overlay).pod,
    ]),
  ];
  for (const [name, pod] of sources) {
    it(`${name}: run, with flags that it has`, () => {
      const [command = '', ...others] = programOf(pod()).args ?? [];
      assert.equal(command, 'run');
      const known = knownFlags(command);
      assert.deepEqual(
        flagsOf(others).filter((flag) => !known.has(flag)),
        [],
      );
      assert.ok(flagsOf(others).length >= 2);
    });
  }
});

/** Versions of kustomize differ in the order. */
function byKind(objects: readonly ManifestObject[]): readonly ManifestObject[] {
  return objects.toSorted((a, b) => a.kind.localeCompare(b.kind));
}

describe('overlays', () => {
  const volume = (pod: DeployedPod, name: string): DeployedPod['volumes'][number] | undefined =>
    pod.volumes.find((candidate) => candidate.name === name);
  const mount = (pod: DeployedPod, name: string): string | undefined =>
    programOf(pod).volumeMounts.find((candidate) => candidate.name === name)?.mountPath;

  for (const overlay of overlays) {
    it(`${overlay} as a plain file is current`, () => {
      const file = readFileSync(renderedFile(overlay), 'utf8');
      const hint = `config/rendered/${overlay}.yaml is out of date: npm run manifests`;
      const header = withHeader(overlay, '');
      assert.equal(file.slice(0, header.length), header, hint);
      // An old kubectl cannot tell, and has the digest of the sources to go by.
      const now = renderOverlay(overlay);
      if (now !== undefined) {
        assert.deepEqual(byKind(readObjects(now)), byKind(objectsOf(overlay)), hint);
      }
    });

    it(`${overlay} keeps the rights of the base`, () => {
      const { pod } = rendered(overlay);
      assert.deepEqual(
        programOf(pod).securityContext,
        programOf(baseDaemonSet.spec.template.spec).securityContext,
      );
      assert.deepEqual(pod.securityContext, baseDaemonSet.spec.template.spec.securityContext);
    });

    it(`${overlay} reads a configuration that is mounted`, () => {
      const { pod } = rendered(overlay);
      const file = programOf(pod)
        .args?.find((arg) => arg.startsWith('--config='))
        ?.slice('--config='.length);
      assert.equal(file?.replace(/\/[^/]*$/, ''), mount(pod, 'config'));
    });

    it(`${overlay} mounts no path twice`, () => {
      const paths = programOf(rendered(overlay).pod).volumeMounts.map(({ mountPath }) => mountPath);
      assert.equal(new Set(paths).size, paths.length, paths.join());
    });
  }

  it("kubeadm uses kube-proxy's ConfigMap and brings none", () => {
    const { objects, pod } = rendered('kubeadm');
    assert.deepEqual(volume(pod, 'config')?.configMap, { name: 'kube-proxy' });
    assert.ok(!objects.some(({ kind }) => kind === 'ConfigMap'));
  });

  it('managed uses kube-proxy-config and the kubeconfig beside it, in ipvs mode', () => {
    const { objects, pod } = rendered('managed');
    assert.deepEqual(volume(pod, 'config')?.configMap, { name: 'kube-proxy-config' });
    assert.deepEqual(volume(pod, 'kubeconfig')?.configMap, { name: 'kube-proxy', optional: true });
    assert.equal(mount(pod, 'kubeconfig'), '/var/lib/kube-proxy');
    assert.ok(programOf(pod).args?.includes('--proxy-mode=ipvs'));
    assert.ok(programOf(pod).args?.includes('--config=/var/lib/kube-proxy-config/config'));
    assert.ok(!objects.some(({ kind }) => kind === 'ConfigMap'));
  });

  it('kubeadm and managed start on labelled nodes alone', () => {
    for (const overlay of ['kubeadm', 'managed'] as const) {
      assert.equal(rendered(overlay).pod.nodeSelector['kube-ipvs.io/proxy'], 'kube-ipvs', overlay);
    }
  });

  it('standalone starts on all nodes', () => {
    assert.deepEqual(rendered('standalone').pod.nodeSelector, {
      'kubernetes.io/os': 'linux',
    });
  });
});
