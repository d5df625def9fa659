import { nodeAddress, podAddress, type HostName } from '../../../test/support/network.ts';
import {
  nodePortOf,
  serviceObjects,
  servicePort,
  targetPort,
  vipOf,
} from '../../../test/support/network-services.ts';
import type { Question } from '../../../test/support/traffic.ts';

/** A connection whose way is counted: TCP over IPv4 to a Pod on the node that it enters. */
export interface FrontEnd {
  readonly name: string;
  readonly client: HostName;
  readonly address: string;
  readonly port: number;
  /** The golden case with the rules that kube-proxy writes for it, where there is one. */
  readonly goldenCase: string | undefined;
}

/** External policies of the two Services, by their numbers. */
const [cluster, local] = [1, 2];
const node = nodeAddress['node-a'].IPv4;
const backEnd = podAddress['pod-a2'];

export const frontEnds: readonly FrontEnd[] = [
  {
    name: 'cluster IP, from a Pod (not masqueraded)',
    client: 'pod-a1',
    address: vipOf('cluster IP', cluster).IPv4,
    port: servicePort,
    goldenCase: 'nodeport-etp-local',
  },
  {
    name: 'cluster IP, from outside (masqueraded)',
    client: 'outside',
    address: vipOf('cluster IP', cluster).IPv4,
    port: servicePort,
    goldenCase: 'nodeport-etp-local',
  },
  {
    name: 'node port, policy Cluster (masqueraded)',
    client: 'outside',
    address: node,
    port: nodePortOf(cluster, 'TCP'),
    goldenCase: 'lb-cluster',
  },
  {
    name: 'node port, policy Local',
    client: 'outside',
    address: node,
    port: nodePortOf(local, 'TCP'),
    goldenCase: 'nodeport-etp-local',
  },
  {
    name: 'load-balancer IP, policy Cluster (masqueraded)',
    client: 'outside',
    address: vipOf('load-balancer IP', cluster).IPv4,
    port: servicePort,
    goldenCase: 'lb-cluster',
  },
  {
    name: 'load-balancer IP, policy Local',
    client: 'outside',
    address: vipOf('load-balancer IP', local).IPv4,
    port: servicePort,
    goldenCase: undefined,
  },
  {
    name: 'external IP, policy Cluster (masqueraded)',
    client: 'outside',
    address: vipOf('external IP', cluster).IPv4,
    port: servicePort,
    goldenCase: 'external-ips',
  },
];

/** The Services that have these front ends. */
export function objects(): readonly unknown[] {
  return (['Cluster', 'Local'] as const).flatMap((externalPolicy, index) =>
    serviceObjects({
      name: `web-${index + 1}`,
      number: index + 1,
      protocols: ['TCP'],
      externalPolicy,
      endpoints: [{ addresses: backEnd, nodeName: 'node-a' }],
    }),
  );
}

export function questionTo({ address, port }: FrontEnd): Question {
  return { protocol: 'TCP', address, port };
}

/** All of this as kube-proxy has it in the kernel, beside the rules. */
export const inKubeProxy = {
  virtualServers: frontEnds.map(({ address, port }) => ({
    protocol: 'TCP',
    address: `${address}:${port}`,
    scheduler: 'rr',
    realServers: [{ address: `${backEnd.IPv4}:${targetPort}`, method: 'masq', weight: 1 }],
  })),
  boundAddresses: [cluster, local].flatMap((number) => [
    `${vipOf('cluster IP', number).IPv4}/32`,
    `${vipOf('load-balancer IP', number).IPv4}/32`,
    `${vipOf('external IP', number).IPv4}/32`,
  ]),
  ipsets: {
    'KUBE-LOOP-BACK': [`${backEnd.IPv4},tcp:${targetPort},${backEnd.IPv4}`],
    'KUBE-CLUSTER-IP': [cluster, local].map(
      (number) => `${vipOf('cluster IP', number).IPv4},tcp:${servicePort}`,
    ),
    'KUBE-LOAD-BALANCER': [cluster, local].map(
      (number) => `${vipOf('load-balancer IP', number).IPv4},tcp:${servicePort}`,
    ),
    'KUBE-LOAD-BALANCER-LOCAL': [`${vipOf('load-balancer IP', local).IPv4},tcp:${servicePort}`],
    'KUBE-EXTERNAL-IP': [`${vipOf('external IP', cluster).IPv4},tcp:${servicePort}`],
    'KUBE-EXTERNAL-IP-LOCAL': [`${vipOf('external IP', local).IPv4},tcp:${servicePort}`],
    'KUBE-NODE-PORT-TCP': [String(nodePortOf(cluster, 'TCP')), String(nodePortOf(local, 'TCP'))],
    'KUBE-NODE-PORT-LOCAL-TCP': [String(nodePortOf(local, 'TCP'))],
    'KUBE-IPVS-IPS': [cluster, local].flatMap((number) => [
      vipOf('cluster IP', number).IPv4,
      vipOf('load-balancer IP', number).IPv4,
      vipOf('external IP', number).IPv4,
    ]),
  },
};
