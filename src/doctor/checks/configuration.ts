import type { Settings } from '../../config/settings.ts';
import { nodeAddressesOf } from '../../kernel/vip-link/node-addresses.ts';
import { nodePortAddressesOf } from '../../translate/node-addresses.ts';
import type { IpAddress } from '../../net/ip-address.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import type { ClusterVip, ConfigurationReading } from '../readers.ts';

const kinds = kindsOf({
  wrong: {
    severity: 'error',
    means:
      'The configuration cannot be used: kube-ipvs does not start with it, and one that runs keeps its earlier settings. The other checks go on with the defaults. docs/configuration.md has every field.',
  },
  unknown: {
    severity: 'warning',
    means: 'A field that no version of kube-proxy has is ignored. It may be misspelt.',
  },
  'without-effect': {
    severity: 'note',
    means:
      'These fields and flags of kube-proxy say nothing to kube-ipvs; docs/configuration.md has the reason for each. Nothing is to be done.',
  },
  'same-port': {
    severity: 'error',
    means:
      'healthzBindAddress and metricsBindAddress have the same port: one of the two cannot be served. Give them different ports.',
  },
  'metrics-for-everybody': {
    severity: 'note',
    means:
      'Metrics are served on all addresses of the node, without authentication. Let a firewall decide who may read them, or bind them to 127.0.0.1.',
  },
  'pods-unknown': {
    severity: 'note',
    means:
      'Neither clusterCIDR nor detectLocalMode says which addresses are Pods of this node: connections from outside to cluster IPs are not masqueraded, and answers may take another way. Set clusterCIDR where clients outside the cluster use cluster IPs.',
  },
  'no-node-port-address': {
    severity: 'warning',
    means:
      'nodePortAddresses matches no address of this node: node ports are not served here. Correct the ranges, or leave them out.',
    mend: 'ip -brief address show up',
  },
  'excluded-vips': {
    severity: 'warning',
    means:
      'Addresses of Services lie in ipvs.excludeCIDRs: kube-ipvs never touches virtual servers there, so that these Services are not served. Take the range out of the configuration.',
  },
  'rare-audits': {
    severity: 'note',
    means:
      'ipvs.syncPeriod is long: what others change or delete in the kernel is mended only so late, and /livez reports a kernel that cannot be read after twice that time. The default is 30s.',
  },
});

const longestPeriodMs = 300_000;

interface Seen {
  readonly configuration: ConfigurationReading;
  readonly settings: Settings;
  readonly nodeAddresses: readonly IpAddress[];
  readonly vips: readonly ClusterVip[];
}

/** The configuration, and settings that look wrong. */
export const configuration = defineCheck<Seen>({
  name: 'configuration',
  title: 'Configuration',
  looksAt:
    'The configuration file and the flags: errors, fields that do not exist or have no effect, and settings that do not suit this node.',
  kinds,
  look: async (readers) => {
    const cluster = await readers.cluster();
    return {
      configuration: readers.configuration,
      settings: readers.settings,
      nodeAddresses: nodeAddressesOf(await readers.links(), await readers.addresses()),
      vips: cluster.kind === 'read' ? cluster.vips : [],
    };
  },
  judge: (seen) => {
    const { file, error, unknown, withoutEffect } = seen.configuration;
    return orFine(
      [
        ...(error === undefined ? [] : [found(kinds.wrong, error)]),
        ...unknown.map((message) => found(kinds.unknown, message)),
        ...ports(seen.settings),
        ...addresses(seen),
        ...excluded(seen),
        ...timing(seen.settings),
        ...(withoutEffect.length === 0
          ? []
          : [found(kinds['without-effect'], withoutEffect.join(', '))]),
      ],
      file ?? 'the defaults',
    );
  },
});

function ports({ healthzBindAddress, metricsBindAddress }: Settings): readonly Finding[] {
  const findings: Finding[] = [];
  if (healthzBindAddress !== undefined && metricsBindAddress !== undefined) {
    const { host, port } = healthzBindAddress;
    const hosts = [host, metricsBindAddress.host];
    const collide = hosts[0] === hosts[1] || hosts.some((one) => everywhere.has(one));
    if (port === metricsBindAddress.port && collide) {
      findings.push(found(kinds['same-port'], `both have port ${port}`));
    }
  }
  if (metricsBindAddress !== undefined && everywhere.has(metricsBindAddress.host)) {
    const seen = `metricsBindAddress is ${metricsBindAddress.host}`;
    findings.push(found(kinds['metrics-for-everybody'], seen));
  }
  return findings;
}

const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function addresses({ settings, nodeAddresses }: Seen): readonly Finding[] {
  const { nodePortAddresses, localDetection } = settings;
  const findings: Finding[] = [];
  const isNamed = nodePortAddresses.kind === 'ranges';
  if (isNamed && nodePortAddressesOf(nodeAddresses, [], nodePortAddresses).length === 0) {
    const own = nodeAddresses.map(String).join(', ');
    findings.push(found(kinds['no-node-port-address'], `the node has ${own || 'no address'}`));
  }
  const knowsPods =
    localDetection.kind === 'ranges'
      ? localDetection.ranges.length > 0
      : localDetection.kind !== 'none';
  if (!knowsPods) {
    findings.push(found(kinds['pods-unknown'], 'clusterCIDR is empty'));
  }
  return findings;
}

function excluded({ settings, vips }: Seen): readonly Finding[] {
  const within = vips.filter(({ address }) =>
    settings.excludeCIDRs.some((range) => range.contains(address)),
  );
  const [first] = within;
  return first === undefined
    ? []
    : [
        found(
          kinds['excluded-vips'],
          `${within.length} addresses of Services, for instance ${first.address.text} of ${first.service}`,
        ),
      ];
}

function timing({ auditEveryMs }: Settings): readonly Finding[] {
  return auditEveryMs <= longestPeriodMs
    ? []
    : [found(kinds['rare-audits'], `ipvs.syncPeriod is ${auditEveryMs / 1000} s`)];
}
