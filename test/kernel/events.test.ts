import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { ClusterStore } from '../../src/cluster/store.ts';
import { settingsFromText } from '../../src/config/load-settings.ts';
import { Daemon } from '../../src/app/daemon.ts';
import type { ProgramEvent } from '../../src/serve/events/event.ts';
import type { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import { IpvsError } from '../../src/kernel/ipvs/ipvs-error.ts';
import { NetlinkError } from '../../src/kernel/netlink/netlink-error.ts';
import { openKernel, type Kernel } from '../../src/app/kernel.ts';
import { Metrics } from '../../src/serve/metrics/metrics.ts';
import type { Source } from '../../src/source/source.ts';
import { ip, service } from '../support/cluster-objects.ts';
import { emptyKernel } from '../support/kernel-state.ts';
import { until } from '../support/until.ts';

const nothing = () => undefined;

/** A Service with annotations that mean nothing and a health-check node port, and one with mh. */
function sourceWith(healthCheckNodePort: number): Source {
  return {
    start: (store) => {
      store.replaceServices([
        service({
          uid: 'b4a7',
          annotations: new Map([
            ['kube-ipvs.io/scheduler', 'best'],
            ['kube-ipvs.io/schedular', 'lc'],
          ]),
          loadBalancerIPs: [ip('203.0.113.1')],
          externalTrafficPolicy: 'Local',
          healthCheckNodePort,
        }),
        service({
          name: 'hashed',
          clusterIPs: [ip('10.96.0.2')],
          annotations: new Map([['kube-ipvs.io/scheduler', 'mh']]),
        }),
      ]);
      store.replaceSlices([]);
      return Promise.resolve();
    },
    stop: () => Promise.resolve(),
  };
}

/** From now on the kernel answers as one without the module ip_vs_mh. */
function loseScheduler(client: IpvsClient): void {
  const execute = client.execute.bind(client);
  mock.method(client, 'execute', async (...[operations]: Parameters<typeof execute>) => {
    const isLost = (operation: (typeof operations)[number]): boolean =>
      'settings' in operation && operation.settings.scheduler === 'mh';
    const refused = operations
      .filter(isLost)
      .map((operation) => new IpvsError(operation, new NetlinkError('ENOENT', 'no such file')));
    const others = await execute(operations.filter((operation) => !isLost(operation)));
    return operations.map((operation) => (isLost(operation) ? refused : others).shift());
  });
}

describe('the Events of a node where nothing goes as it should', () => {
  const events: ProgramEvent[] = [];
  let folder: string;
  let taken: Server;
  let kernel: Kernel;
  let daemon: Daemon;

  before(async () => {
    await emptyKernel();
    folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-no-settings-'));
    process.env['KUBE_IPVS_PROC_SYS'] = folder;
    taken = createServer().listen(0, '0.0.0.0');
    await once(taken, 'listening');
    // A server that listens on TCP has an address of this type.
    const { port } = taken.address() as AddressInfo;
    const configuration = {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      healthzBindAddress: `0.0.0.0:${port}`,
      metricsBindAddress: '127.0.0.1:0',
    };
    const settings = settingsFromText(
      JSON.stringify(configuration),
      { nodeName: 'node-a' },
      { withoutEffect: nothing, unknown: nothing },
    );
    kernel = await openKernel(settings, { note: nothing, warn: nothing });
    loseScheduler(kernel.ipvs);
    daemon = new Daemon({
      settings,
      kernel,
      store: new ClusterStore(),
      source: sourceWith(port),
      events: { record: (event) => events.push(event), close: () => Promise.resolve() },
      metrics: new Metrics(),
      listener: {
        debug: nothing,
        info: nothing,
        error: nothing,
        problem: nothing,
        failure: nothing,
        mistake: nothing,
      },
      fatal: nothing,
    });
    await daemon.start();
    daemon.configurationRefused(new Error('mode is "nftables"'));
  });
  after(async () => {
    await daemon.stop();
    kernel.close();
    taken.close();
    delete process.env['KUBE_IPVS_PROC_SYS'];
    rmSync(folder, { recursive: true });
    await emptyKernel();
  });

  for (const [kind, name, reason, note] of [
    ['Service', 'web', 'UnknownScheduler', /"best"/],
    ['Service', 'web', 'UnknownAnnotation', /did you mean kube-ipvs\.io\/scheduler\?$/],
    ['Service', 'web', 'HealthCheckPortUnavailable', /EADDRINUSE/],
    ['Node', 'node-a', 'KernelIncomplete', /^sysctls: .*ip_forward cannot be set to 1/],
    ['Service', 'hashed', 'SchedulerMissing', /"mh"/],
    ['Node', 'node-a', 'SchedulerMissing', /cannot load its module ip_vs_mh/],
    ['Node', 'node-a', 'ConfigurationRefused', /stays in effect: mode is "nftables"$/],
    ['Node', 'node-a', 'AddressUnavailable', /^the health endpoint cannot be served: .*EADDRINUSE/],
  ] as const) {
    it(`tell the ${kind} ${reason}: ${note.source}`, async () => {
      await until('it is told', () =>
        events.some(
          (event) =>
            event.regarding.kind === kind &&
            event.regarding.name === name &&
            event.reason === reason &&
            note.test(event.note),
        ),
      );
    });
  }

  it('name the UID of the Service', () => {
    const uids = events.flatMap(({ regarding }) =>
      regarding.kind === 'Service' ? [regarding.uid] : [],
    );
    assert.deepEqual([...new Set(uids)].toSorted(), ['', 'b4a7']);
  });
});
