import type { NodeReaders } from '../../src/doctor/readers.ts';
import type { ProblemReason } from '../../src/inspect/views/problem-view.ts';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import { ImpossibleError } from '../../src/reconcile/foundation.ts';
import { service } from './cluster-objects.ts';
import { apiDown, clusterWith, virtualServers } from './doctor-readers.ts';
import type { FailingNode, FailingOptions } from './failing-node.ts';
import { plainSettings, virtualServer } from './ipvs-examples.ts';
import { rawService, rawSlice } from './manifests.ts';
import { takenPort } from './taken-port.ts';

/** How a failure comes about, and where it is seen with words that say what to do. */
export interface FailureRow {
  readonly options?: FailingOptions | (() => Promise<FailingOptions>);
  /** What happens once the daemon runs. */
  readonly then?: (node: FailingNode) => void;
  /** What `show` advises. */
  readonly advice: RegExp;
  /** A series of `/metrics`, and its value. */
  readonly metric: readonly [series: string, value: number];
  /** A check of the doctor, the kind of its finding, and what it says is to be done. */
  readonly doctor: readonly [check: string, kind: string, remedy: RegExp];
  /** What the doctor reads elsewhere than from this daemon and its cluster. */
  readonly readers?: Partial<NodeReaders>;
}

const problems = (reason: string, effect: string): readonly [string, number] => [
  `kube_ipvs_services_with_problem{reason="${reason}",effect="${effect}"}`,
  1,
];

function annotated(annotations: Readonly<Record<string, string>>): FailingOptions {
  return { manifests: [rawService('web', {}, { annotations })] };
}

const correctIt = /[Cc]orrect/;
const anotherScheduler = /choose a scheduler/;

/** A row for an annotation of a Service that cannot be used as it is. */
function ofAnnotation(
  reason: ProblemReason,
  effect: 'fallback' | 'ignored',
  annotations: Readonly<Record<string, string>>,
  advice = correctIt,
  spec: Readonly<Record<string, unknown>> = {},
): FailureRow {
  return {
    options: { manifests: [rawService('web', spec, { annotations })] },
    advice,
    metric: problems(reason, effect),
    doctor: ['services', 'annotation', correctIt],
  };
}

const web = [rawService('web'), rawSlice('web-1', 'web')];
const foreign = {
  id: virtualServer('10.96.0.10', 81),
  settings: { ...plainSettings, owned: false },
};

/** One of each kind of failure: a kind without a row does not compile. */
export const failureRows: Readonly<Record<ProblemReason, FailureRow>> = {
  UnknownScheduler: {
    options: annotated({ 'kube-ipvs.io/scheduler': 'best' }),
    advice: correctIt,
    metric: problems('UnknownScheduler', 'fallback'),
    doctor: ['services', 'annotation', correctIt],
  },
  SchedulerMissing: {
    options: {
      ...annotated({ 'kube-ipvs.io/scheduler': 'mh' }),
      kernel: (kernel) => {
        kernel.ipvs.schedulers = new Set(['rr']);
      },
    },
    advice: /modprobe/,
    metric: problems('SchedulerMissing', 'fallback'),
    doctor: ['schedulers', 'wanted-missing', /Install the module, or choose another/],
    readers: { module: (name) => Promise.resolve(name === 'ip_vs_mh' ? 'missing' : 'present') },
  },
  UnknownSchedulerFlag: {
    options: annotated({ 'kube-ipvs.io/scheduler-flags': 'sh-maybe' }),
    advice: correctIt,
    metric: problems('UnknownSchedulerFlag', 'ignored'),
    doctor: ['services', 'annotation', correctIt],
  },
  InvalidDrainTimeout: {
    options: annotated({ 'kube-ipvs.io/drain-timeout': 'soon' }),
    advice: correctIt,
    metric: problems('InvalidDrainTimeout', 'fallback'),
    doctor: ['services', 'annotation', correctIt],
  },
  InvalidLocalityWeights: ofAnnotation('InvalidLocalityWeights', 'fallback', {
    'kube-ipvs.io/locality-weights': 'near=10',
  }),
  LocalityWeightsIgnored: ofAnnotation(
    'LocalityWeightsIgnored',
    'ignored',
    {
      'kube-ipvs.io/scheduler': 'rr',
      'kube-ipvs.io/locality-weights': 'same-node=10,other=1',
    },
    anotherScheduler,
  ),
  InvalidWeights: ofAnnotation('InvalidWeights', 'fallback', { 'kube-ipvs.io/weights': 'pod' }),
  NodeWeightsIgnored: ofAnnotation(
    'NodeWeightsIgnored',
    'ignored',
    {
      'kube-ipvs.io/scheduler': 'rr',
      'kube-ipvs.io/weights': 'node',
    },
    anotherScheduler,
  ),
  SliceWeightsIgnored: {
    ...ofAnnotation('SliceWeightsIgnored', 'ignored', {}, anotherScheduler),
    options: {
      manifests: [
        rawService('web'),
        rawSlice('web-1', 'web', {}, { annotations: { 'kube-ipvs.io/weight': '5' } }),
      ],
    },
  },
  InvalidMaxConnections: ofAnnotation('InvalidMaxConnections', 'fallback', {
    'kube-ipvs.io/max-connections': 'many',
  }),
  InvalidOnePacket: ofAnnotation('InvalidOnePacket', 'fallback', {
    'kube-ipvs.io/one-packet': 'perhaps',
  }),
  OnePacketRefused: ofAnnotation(
    'OnePacketRefused',
    'ignored',
    { 'kube-ipvs.io/one-packet': 'true' },
    /remove the annotation/,
    { ports: [{ port: 53, protocol: 'UDP' }], sessionAffinity: 'ClientIP' },
  ),
  InvalidSlowStart: ofAnnotation('InvalidSlowStart', 'fallback', {
    'kube-ipvs.io/slow-start': 'soon',
  }),
  SlowStartIgnored: ofAnnotation(
    'SlowStartIgnored',
    'ignored',
    {
      'kube-ipvs.io/scheduler': 'rr',
      'kube-ipvs.io/slow-start': '30s',
    },
    anotherScheduler,
  ),
  UnknownAnnotation: {
    options: annotated({ 'kube-ipvs.io/schedule': 'rr' }),
    advice: correctIt,
    metric: problems('UnknownAnnotation', 'ignored'),
    doctor: ['services', 'annotation', correctIt],
  },
  ExternalIPRefused: {
    options: {
      manifests: [rawService('web', { externalIPs: ['203.0.113.9'] })],
      configuration: { kubeIpvs: { serviceMetrics: 'none', externalIPCIDRs: ['192.0.2.0/24'] } },
    },
    advice: /kubeIpvs.externalIPCIDRs/,
    metric: problems('ExternalIPRefused', 'refused'),
    doctor: ['services', 'vip-refused', /kubeIpvs.externalIPCIDRs/],
  },
  LoadBalancerIPRefused: {
    options: {
      manifests: [
        {
          ...rawService('web', { type: 'LoadBalancer' }),
          status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } },
        },
      ],
      configuration: {
        kubeIpvs: { serviceMetrics: 'none', loadBalancerIPCIDRs: ['192.0.2.0/24'] },
      },
    },
    advice: /kubeIpvs.loadBalancerIPCIDRs/,
    metric: problems('LoadBalancerIPRefused', 'refused'),
    doctor: ['services', 'vip-refused', /kubeIpvs.loadBalancerIPCIDRs/],
  },
  EndpointRefused: {
    options: {
      manifests: [
        rawService('web'),
        rawSlice('web-1', 'web', { endpoints: [{ addresses: ['127.0.0.1'] }] }),
      ],
    },
    advice: /EndpointSlice/,
    metric: problems('EndpointRefused', 'refused'),
    doctor: ['services', 'endpoint-refused', /EndpointSlice/],
  },
  AddressConflict: {
    options: { manifests: [rawService('web'), rawService('api')] },
    advice: /another address or port/,
    metric: problems('AddressConflict', 'conflict'),
    doctor: ['services', 'conflict', /another port or address/],
  },
  InvalidObject: {
    options: { manifests: [rawService('web', { ports: [{ port: 80 }, { port: 'http' }] })] },
    advice: correctIt,
    metric: ['kube_ipvs_refused_total{reason="InvalidObject"}', 1],
    doctor: ['services', 'bad-object', correctIt],
  },
  NotTranslated: {
    then: ({ store }) => {
      const broken = Object.defineProperty(service(), 'ports', {
        get: () => {
          throw new Error('a mistake of the test');
        },
      });
      store.setService(broken);
    },
    advice: /report/,
    metric: ['kube_ipvs_mistakes_total', 1],
    doctor: ['services', 'mistake', /report/],
    readers: clusterWith({ mistakes: ['Service default/web: a mistake of the test'] }),
  },
  ForeignAtVip: {
    options: {
      manifests: web,
      kernel: async (kernel) => {
        const others = await IpvsClient.connect({}, kernel.openElsewhere('generic'));
        await others.execute([{ kind: 'add virtual server', ...foreign }]);
        others.close();
      },
    },
    advice: /address of its own/,
    metric: ['kube_ipvs_foreign_virtual_servers', 1],
    doctor: ['foreign-virtual-servers', 'at-a-vip', /address of its own/],
    readers: virtualServers({ ...foreign, realServers: [] }),
  },
  KernelRefused: {
    options: {
      manifests: web,
      kernel: (kernel) => {
        kernel.refuses = ({ words }) => (words.startsWith('add real') ? 'EINVAL' : undefined);
      },
    },
    advice: /tried again/,
    metric: ['kube_ipvs_failing_objects{kind="virtual server"}', 1],
    doctor: ['daemon', 'kernel-errors', /Event|right/],
  },
  KernelIncomplete: {
    options: {
      foundations: [
        {
          name: 'masquerade IPv4',
          ensure: () => Promise.reject(new ImpossibleError('no iptables works here')),
        },
      ],
    },
    advice: /mend what the text names/,
    metric: ['kube_ipvs_foundation{foundation="masquerade IPv4",state="impossible"}', 1],
    doctor: ['packet-filter', 'no-program', /apt-get install iptables/],
    readers: {
      program: () => Promise.resolve(false),
      module: (name) => Promise.resolve(name === 'nf_tables' ? 'missing' : 'present'),
    },
  },
  KernelUnreadable: {
    then: ({ kernel, daemon, settings }) => {
      kernel.refuses = ({ kind }) => (kind === 'dump' ? 'EPERM' : undefined);
      daemon.apply(settings);
    },
    advice: /doctor/,
    metric: ['kube_ipvs_kernel_errors_total{kind="audit",errno="EPERM"}', 1],
    doctor: ['daemon', 'kernel-errors', /EPERM a missing right/],
  },
  AddressUnavailable: {
    options: async () => ({
      configuration: { healthzBindAddress: `127.0.0.1:${await takenPort()}` },
    }),
    advice: /ss -ltnp/,
    metric: ['kube_ipvs_bind_failures_total{server="health"}', 1],
    doctor: ['daemon', 'address-taken', /ss -ltnp/],
  },
  HealthCheckPortUnavailable: {
    options: async () => ({
      manifests: [
        rawService('web', {
          type: 'LoadBalancer',
          externalTrafficPolicy: 'Local',
          healthCheckNodePort: await takenPort(),
        }),
      ],
    }),
    advice: /ss -ltnp/,
    metric: ['kube_ipvs_bind_failures_total{server="health check"}', 1],
    doctor: ['daemon', 'address-taken', /ss -ltnp/],
  },
  ConfigurationRefused: {
    then: ({ daemon }) => {
      daemon.configurationRefused(new Error('ipvs.scheduler is "best"'));
    },
    advice: correctIt,
    metric: ['kube_ipvs_configuration_refused', 1],
    doctor: ['configuration', 'wrong', /docs\/configuration\.md/],
    readers: {
      configuration: {
        file: 'config.conf',
        error: 'ipvs.scheduler is "best"',
        withoutEffect: [],
        unknown: [],
      },
    },
  },
  ApiServerUnavailable: {
    then: (node) => {
      node.apiServerIsDown();
    },
    advice: /mend the connection/,
    metric: ['kube_ipvs_api_connected{resource="services"}', 0],
    doctor: ['api-server', 'unreachable', /--master/],
    readers: apiDown,
  },
};
