import assert from 'node:assert/strict';
import { createProgram } from '../../../src/cli/program.ts';
import {
  baseDaemonSet,
  programOf,
  type DeployedDaemonSet,
  type DeployedPod,
  type ManifestObject,
} from '../../support/deployed.ts';
import { overlays, renderOverlay, type Overlay } from '../../support/kustomize.ts';

/** Flags of kube-proxy that `run` takes without showing them among its own. */
const kubeProxyFlags = ['--hostname-override', '--proxy-mode', '--master'];

interface Rendered {
  readonly objects: readonly ManifestObject[];
  readonly pod: DeployedPod;
}

function render(overlay: Overlay): Rendered | undefined {
  const objects = renderOverlay(overlay);
  // The schema check holds each object to its kind's type.
  const daemonSet = objects?.find(({ kind }) => kind === 'DaemonSet') as
    DeployedDaemonSet | undefined;
  return objects && daemonSet && { objects, pod: daemonSet.spec.template.spec };
}

function flagsOf(args: readonly string[]): readonly string[] {
  return args.filter((arg) => arg.startsWith('--')).map((arg) => arg.replace(/=.*/, ''));
}

function knownFlags(command: string): ReadonlySet<string> {
  const found = createProgram('0', () => undefined).commands.find((one) => one.name() === command);
  return new Set([...(found?.options.map(({ long }) => long ?? '') ?? []), ...kubeProxyFlags]);
}

describe('arguments of the program in the manifests', () => {
  const sources: readonly [string, () => readonly string[] | undefined][] = [
    ['base', () => programOf(baseDaemonSet.spec.template.spec).args],
    ...overlays.map((overlay): [string, () => readonly string[] | undefined] => [
      overlay,
      () => {
        const rendered = render(overlay);
        return rendered && programOf(rendered.pod).args;
      },
    ]),
  ];
  for (const [name, args] of sources) {
    it(`${name}: run, with flags that it has`, function () {
      const [command = '', ...others] = args() ?? this.skip();
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

describe('overlays', () => {
  const rendered = (context: Mocha.Context, overlay: Overlay): Rendered =>
    render(overlay) ?? context.skip();
  const volume = (pod: DeployedPod, name: string): DeployedPod['volumes'][number] | undefined =>
    pod.volumes.find((candidate) => candidate.name === name);
  const mount = (pod: DeployedPod, name: string): string | undefined =>
    programOf(pod).volumeMounts.find((candidate) => candidate.name === name)?.mountPath;

  for (const overlay of overlays) {
    it(`${overlay} keeps the rights of the base`, function () {
      const { pod } = rendered(this, overlay);
      assert.deepEqual(
        programOf(pod).securityContext,
        programOf(baseDaemonSet.spec.template.spec).securityContext,
      );
      assert.deepEqual(pod.securityContext, baseDaemonSet.spec.template.spec.securityContext);
    });

    it(`${overlay} reads a configuration that is mounted`, function () {
      const { pod } = rendered(this, overlay);
      const file = programOf(pod)
        .args?.find((arg) => arg.startsWith('--config='))
        ?.slice('--config='.length);
      assert.equal(file?.replace(/\/[^/]*$/, ''), mount(pod, 'config'));
    });

    it(`${overlay} mounts no path twice`, function () {
      const paths = programOf(rendered(this, overlay).pod).volumeMounts.map(
        ({ mountPath }) => mountPath,
      );
      assert.equal(new Set(paths).size, paths.length, paths.join());
    });
  }

  it("kubeadm uses kube-proxy's ConfigMap and brings none", function () {
    const { objects, pod } = rendered(this, 'kubeadm');
    assert.deepEqual(volume(pod, 'config')?.configMap, { name: 'kube-proxy' });
    assert.ok(!objects.some(({ kind }) => kind === 'ConfigMap'));
  });

  it('managed uses kube-proxy-config and the kubeconfig beside it, in ipvs mode', function () {
    const { objects, pod } = rendered(this, 'managed');
    assert.deepEqual(volume(pod, 'config')?.configMap, { name: 'kube-proxy-config' });
    assert.deepEqual(volume(pod, 'kubeconfig')?.configMap, { name: 'kube-proxy', optional: true });
    assert.equal(mount(pod, 'kubeconfig'), '/var/lib/kube-proxy');
    assert.ok(programOf(pod).args?.includes('--proxy-mode=ipvs'));
    assert.ok(programOf(pod).args?.includes('--config=/var/lib/kube-proxy-config/config'));
    assert.ok(!objects.some(({ kind }) => kind === 'ConfigMap'));
  });

  it('kubeadm and managed start on labelled nodes alone', function () {
    for (const overlay of ['kubeadm', 'managed'] as const) {
      assert.equal(
        rendered(this, overlay).pod.nodeSelector['kube-ipvs.io/proxy'],
        'kube-ipvs',
        overlay,
      );
    }
  });

  it('standalone starts on all nodes', function () {
    assert.deepEqual(rendered(this, 'standalone').pod.nodeSelector, {
      'kubernetes.io/os': 'linux',
    });
  });
});
