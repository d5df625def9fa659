import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startArguments } from '../../build/node-options.ts';
import { clusterCIDR, outsideClient, pod, podClient, podPort } from '../connection/cluster.ts';
import { Hosts } from '../connection/hosts.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { listOf, nodeName, type KubernetesObject } from '../synthetic-cluster.ts';
import { configuration } from './configuration.ts';

/** What a Service of the figure asks for: 10,000 ports of its external IP. */
const first = 10_001;
const last = 20_000;

/** A later question costs the same with and without, so that one more is enough to leave it out. */
const questions = 1;

type Filter = 'nftables' | 'iptables';

/**
 * What port ranges of some Services cost: the program from start to end beside the same Services without ranges, the
 * kernel's memory, and the first packet to a port of a range beside one to an ordinary port.
 */
export async function portRanges(input: ProbeInput, filter: Filter): Promise<Reading> {
  const hosts = new Hosts();
  try {
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
    await hosts.add('pod', [pod]);
    await hosts.add('client', [podClient, outsideClient]);
    // Into an empty kernel, which is another figure.
    run(input, filter, false);
    const bareMs = run(input, filter, false);
    const before = kernelKilobytes();
    const rangesMs = run(input, filter, true);
    const after = kernelKilobytes();
    await hosts.serve('pod', podPort);
    await hosts.serve('pod', last);
    const time = (port: number) =>
      hosts.time('client', { from: outsideClient, to: externalIp(0), port, questions });
    return {
      'without ranges': bareMs,
      'with ranges': rangesMs,
      'kernel kB': after - before,
      elements: elementsIn(filter),
      'first packet to an ordinary port': time(80),
      'first packet to a port of a range': time(last),
    };
  } finally {
    await hosts.remove();
  }
}

/** Runs the program once, the whole process; milliseconds. */
function run(
  { folder, program, services }: ProbeInput,
  packetFilter: Filter,
  hasRanges: boolean,
): number {
  const manifests = join(folder, `port-ranges-${packetFilter}`);
  mkdirSync(manifests, { recursive: true });
  writeFileSync(join(manifests, 'cluster.json'), JSON.stringify(cluster(services, hasRanges)));
  const config = join(folder, `port-ranges-${packetFilter}.json`);
  const kubeIpvs = {
    packetFilter,
    ...(packetFilter === 'iptables' ? { iptablesVariant: 'nft' } : {}),
  };
  writeFileSync(config, JSON.stringify({ ...configuration, clusterCIDR, kubeIpvs }));
  const args = [...startArguments(program), 'run', '--once', '--manifests', manifests];
  const startedAt = performance.now();
  execFileSync(process.execPath, [...args, '--config', config], { stdio: 'ignore' });
  return performance.now() - startedAt;
}

function cluster(services: number, hasRanges: boolean): KubernetesObject {
  const indexes = Array.from({ length: services }, (_, index) => index);
  return listOf([
    { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } },
    ...indexes.flatMap((index) => serviceWithSlice(index, hasRanges)),
  ]);
}

function serviceWithSlice(index: number, hasRanges: boolean): readonly KubernetesObject[] {
  const name = `calls-${index}`;
  const clusterIP = `10.96.1.${index + 1}`;
  const port = { name: 'sip', protocol: 'UDP' } as const;
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name,
        namespace: 'default',
        ...(hasRanges
          ? {
              annotations: {
                'kube-ipvs.io/port-ranges': `${first}-${last}/UDP`,
                'kube-ipvs.io/port-ranges-on': 'external',
              },
            }
          : {}),
      },
      spec: {
        ...{ type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP] },
        externalIPs: [externalIp(index)],
        ports: [{ ...port, port: 80, targetPort: podPort }],
      },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ ...port, port: podPort }],
      endpoints: [{ addresses: [pod], conditions: { ready: true }, nodeName }],
    },
  ];
}

function externalIp(index: number): string {
  return `203.0.113.${index + 1}`;
}

/** What the kernel has for itself, of which sets and maps are a part. */
function kernelKilobytes(): number {
  const text = readFileSync('/proc/meminfo', 'utf8');
  return ['Slab', 'VmallocUsed', 'Percpu', 'KReclaimable'].reduce((sum, name) => {
    const [, digits = '0'] = new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text) ?? [];
    return name === 'KReclaimable' ? sum - Number(digits) : sum + Number(digits);
  }, 0);
}

/** Elements of sets and maps that are about port ranges. */
function elementsIn(filter: Filter): number {
  if (filter === 'iptables') {
    const headers = execFileSync('ipset', ['list', '-t'], { encoding: 'utf8' });
    return headers
      .split('\n\n')
      .filter((text) => text.startsWith('Name: kube-ipvs-range'))
      .reduce((sum, text) => sum + Number(/^Number of entries: (\d+)$/m.exec(text)?.[1] ?? 0), 0);
  }
  const names = ['ends', 'sources', 'marks'].map((name) => `range-${name}-4`);
  return names.reduce((sum, name) => {
    const text = execFileSync('nft', ['list', 'map', 'inet', 'kube-ipvs', name], {
      encoding: 'utf8',
    });
    return sum + [...text.matchAll(/ : (?:goto|accept|return|0x)/g)].length;
  }, 0);
}
