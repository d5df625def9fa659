import type { ProblemReason } from '../../src/inspect/views/problem-view.ts';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import { ImpossibleError } from '../../src/reconcile/foundation.ts';
import { service } from './cluster-objects.ts';
import { apiDown, clusterWith, virtualServers } from './doctor-readers.ts';
import { annotated, correctIt, problems, type FailureRow } from './failure-row.ts';
import { annotationRows } from './annotation-failure-rows.ts';
import { plainSettings, virtualServer } from './ipvs-examples.ts';
import { rawService, rawSlice } from './manifests.ts';
import { takenPort } from './taken-port.ts';

const web = [rawService('web'), rawSlice('web-1', 'web')];
const foreign = {
  id: virtualServer('10.96.0.10', 81),
  settings: { ...plainSettings, owned: false },
};

/** Both have one address, and ports of their own there. */
function withRanges(name: string, ranges: string) {
  const ports = [{ port: name === 'web' ? 80 : 81 }];
  const annotations = { 'kube-ipvs.io/port-ranges': ranges };
  return rawService(name, { ports }, { annotations });
}

/** One of each kind of failure: a kind without a row does not compile. */
export const failureRows: Readonly<Record<ProblemReason, FailureRow>> = {
  ...annotationRows,
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
  PortRangeConflict: {
    options: { manifests: [withRanges('web', '10-20/UDP'), withRanges('api', '15-30/UDP')] },
    advice: /other ports, or another address/,
    metric: problems('PortRangeConflict', 'conflict'),
    doctor: ['services', 'conflict', /another port or address/],
  },
  PortRangesRefused: {
    options: {
      manifests: [withRanges('web', '10-20/UDP'), withRanges('api', '30-40/UDP')],
      configuration: { kubeIpvs: { serviceMetrics: 'none', portRangeMarks: '0x1' } },
    },
    advice: /more bits/,
    metric: problems('PortRangesRefused', 'refused'),
    doctor: ['services', 'port-ranges-refused', /more bits/],
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
  LimitReached: {
    options: {
      manifests: [
        rawService('web', {}, { annotations: { 'kube-ipvs.io/max-connections': '2' } }),
        rawSlice('web-1', 'web'),
      ],
      kernel: (kernel) => {
        kernel.ipvs.connectionsEach = { active: 1, inactive: 1, persistent: 0 };
      },
    },
    advice: /add Pods, or raise the limit \(kube-ipvs.io\/max-connections/,
    metric: ['kube_ipvs_virtual_servers_refusing_for_limits', 1],
    doctor: ['daemon', 'full', /kube-ipvs.io\/max-connections/],
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
