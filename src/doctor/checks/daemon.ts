import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import { samplesOf, type Sample } from '../metrics-text.ts';
import type { ServedReading } from '../../kernel/takeover/readings.ts';
import { fieldOf, whoServes, type WhoServes } from '../../kernel/takeover/who-serves.ts';

const logs = 'crictl logs --tail 50 $(crictl ps -q --name kube-ipvs)';

const kinds = kindsOf({
  'not-running': {
    severity: 'note',
    means:
      'Nobody answers at healthzBindAddress: kube-ipvs does not run here (yet), or the doctor was not given its configuration.',
    mend: 'kubectl -n kube-system get pods -o wide -l app.kubernetes.io/name=kube-ipvs',
  },
  'not-alive': {
    severity: 'error',
    means:
      'For two periods kube-ipvs could not read or write the kernel (IPVS is gone, a right is missing, sets or addresses cannot be listed, or all objects of a kind are refused): what is there goes on serving, changes do not arrive. The kubelet restarts it. The log has the reason.',
    mend: logs,
  },
  'not-ready': {
    severity: 'error',
    means:
      'kube-ipvs has not made the kernel equal to the cluster yet: it waits for the first complete list of Services and EndpointSlices. The checks of the API server say what may keep it away.',
    mend: logs,
  },
  'waits-for': {
    severity: 'error',
    means:
      'Something that is configured is not in place, but may still come, for instance the lock of iptables that another program holds, or a program that is missing. The node is not ready until then.',
    mend: logs,
  },
  'node-leaves': {
    severity: 'note',
    means:
      'The Node is being deleted or scaled away: /healthz fails, so that load balancers send nothing new. That is as it should be.',
  },
  'api-errors': {
    severity: 'note',
    means:
      'Since its start kube-ipvs could not ask the API server so often. It tries again by itself; where the numbers grow, the check of the API server says why.',
    mend: logs,
  },
  'kernel-errors': {
    severity: 'warning',
    means:
      'Since its start the kernel refused changes. Each is tried again; what fails for good is an Event on the Service or the Node. ENOENT with a virtual server is a missing scheduler, EPERM a missing right.',
    mend: logs,
  },
  'address-taken': {
    severity: 'warning',
    means:
      'Since its start kube-ipvs could not listen on an address: another program had the port. It tries again by itself. Where it is that of a health-check node port, the load balancer takes this node for unhealthy meanwhile; kube-ipvs show says whether it lasts.',
    mend: 'ss -ltnp',
  },
  ejected: {
    severity: 'warning',
    means:
      'Real servers of Services that ask for outlier ejection do not answer new connections from this node, or refuse them, and get none until they answer a trial (docs/failing-real-servers.md). kube-ipvs show says which: look at these Pods and at their nodes.',
    mend: 'kube-ipvs show',
  },
  full: {
    severity: 'warning',
    means:
      'Real servers have as many connections from this node as kube-ipvs.io/max-connections lets them have, and virtual servers refuse new ones for that. kube-ipvs show says which: add Pods, or raise the limit, which counts a closed TCP connection for two minutes more.',
    mend: 'kube-ipvs show --problems',
  },
  refused: {
    severity: 'note',
    means:
      'Since its start so many fields of objects could not be used. The check of Services has those that cannot be used now.',
    mend: 'kubectl get events -A --field-selector reason=REASON',
  },
  'metrics-unread': {
    severity: 'note',
    means:
      'kube-ipvs runs, and its metrics could not be read: metricsBindAddress is off, or another program has the port.',
    mend: "ss -ltnp 'sport = :PORT'",
  },
});

interface Seen {
  readonly serves: WhoServes;
  readonly readyz: ServedReading;
  readonly livez: ServedReading;
  readonly healthz: ServedReading;
  readonly metrics: ServedReading;
  /** Undefined where the configuration turns metrics off. */
  readonly metricsPort: number | undefined;
}

/** The kube-ipvs that runs here, by what it says of itself. */
export const daemon = defineCheck<Seen>({
  name: 'daemon',
  title: 'kube-ipvs that runs here',
  looksAt: '/readyz, /livez, /healthz and /metrics of the kube-ipvs at the configured addresses.',
  kinds,
  look: async (readers) => ({
    serves: await whoServes(readers),
    readyz: await readers.served('health', '/readyz'),
    livez: await readers.served('health', '/livez'),
    healthz: await readers.served('health', '/healthz'),
    metrics: await readers.served('metrics', '/metrics'),
    metricsPort: readers.settings.metricsBindAddress?.port,
  }),
  judge: (seen) =>
    seen.serves.kind === 'kube-ipvs'
      ? orFine([...health(seen), ...counters(seen)], 'it is ready, and complains of nothing')
      : [found(kinds['not-running'], 'kube-ipvs does not answer')],
});

function health({ readyz, livez, healthz }: Seen): readonly Finding[] {
  const findings: Finding[] = [];
  const since = fieldOf(livez, 'lastUpdated');
  const last = typeof since === 'string' ? `; last equal to the cluster at ${since}` : '';
  if (isBad(livez)) {
    findings.push(found(kinds['not-alive'], `/livez fails${last}`));
  }
  if (isBad(readyz)) {
    const waitingFor = fieldOf(readyz, 'waitingFor');
    const names = Array.isArray(waitingFor) ? waitingFor.map(String) : [];
    findings.push(
      names.length > 0
        ? found(kinds['waits-for'], `/readyz fails, waiting for ${names.join(', ')}`)
        : found(kinds['not-ready'], '/readyz fails'),
    );
  }
  if (fieldOf(healthz, 'nodeEligible') === false) {
    findings.push(found(kinds['node-leaves'], '/healthz says that the Node leaves'));
  }
  return findings;
}

function isBad(reading: ServedReading): boolean {
  return reading.kind === 'answered' && reading.status !== 200;
}

function counters({ metrics, metricsPort }: Seen): readonly Finding[] {
  if (metrics.kind !== 'answered' || metrics.status !== 200) {
    const reason = metrics.kind === 'closed' ? `: ${metrics.reason}` : '';
    const command = metricsPort === undefined ? undefined : `ss -ltnp 'sport = :${metricsPort}'`;
    return [found(kinds['metrics-unread'], `/metrics cannot be read${reason}`, command)];
  }
  const kernelErrors = positive(metrics.body, 'kube_ipvs_kernel_errors_total');
  const failures = positive(metrics.body, 'kube_ipvs_api_requests_total').filter(({ labels }) =>
    labels['event']?.startsWith('failed'),
  );
  return [
    ...(kernelErrors.length === 0
      ? []
      : [
          found(
            kinds['kernel-errors'],
            textOf(kernelErrors, ({ kind, errno }) => `${kind ?? ''} ${errno ?? ''}`),
          ),
        ]),
    ...(failures.length === 0
      ? []
      : [
          found(
            kinds['api-errors'],
            textOf(failures, ({ resource, event }) => `${resource ?? ''} ${event ?? ''}`),
          ),
        ]),
    ...taken(metrics.body),
    ...ejected(metrics.body),
    ...full(metrics.body),
    ...positive(metrics.body, 'kube_ipvs_refused_total').map(({ labels, value }) => {
      const reason = (labels['reason'] ?? '').replaceAll(/\W/g, '');
      return found(
        kinds.refused,
        `${value} times ${reason}`,
        `kubectl get events -A --field-selector reason=${reason}`,
      );
    }),
  ];
}

function taken(text: string): readonly Finding[] {
  const failures = positive(text, 'kube_ipvs_bind_failures_total');
  return failures.length === 0
    ? []
    : [
        found(
          kinds['address-taken'],
          textOf(failures, ({ server }) => server ?? ''),
        ),
      ];
}

function ejected(text: string): readonly Finding[] {
  return positive(text, 'kube_ipvs_ejected_real_servers').map(({ value }) =>
    found(kinds.ejected, `${value} real servers are ejected now`),
  );
}

function full(text: string): readonly Finding[] {
  const [realServers] = samplesOf(text, 'kube_ipvs_full_real_servers');
  return positive(text, 'kube_ipvs_virtual_servers_refusing_for_limits').map(({ value }) =>
    found(
      kinds.full,
      `${value} virtual servers refuse new connections, ${realServers?.value ?? 0} real servers are full`,
    ),
  );
}

function positive(text: string, name: string): readonly Sample[] {
  return samplesOf(text, name).filter(({ value }) => value > 0);
}

function textOf(samples: readonly Sample[], name: (labels: Sample['labels']) => string): string {
  return samples.map(({ labels, value }) => `${name(labels)}: ${value}`).join(', ');
}
