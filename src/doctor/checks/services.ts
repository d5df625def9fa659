import { formatProblem } from '../../base/problem.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding, type FindingKind } from '../finding.ts';
import { shellWord } from '../shell-word.ts';
import type { ClusterProblem, ClusterReading } from '../readers.ts';

const describeService = 'kubectl -n NAMESPACE describe service NAME';
const editService = 'kubectl -n NAMESPACE edit service NAME';

const kinds = kindsOf({
  annotation: {
    severity: 'warning',
    means:
      'An annotation cannot be used as it stands: the Service runs with the default. Correct it (docs/annotations.md has the values).',
    mend: editService,
  },
  'scheduler-missing': {
    severity: 'warning',
    means:
      'The Service names a scheduler that this node does not have, and runs with the default. See the check of schedulers.',
    mend: editService,
  },
  'vip-refused': {
    severity: 'warning',
    means:
      'An external or load-balancer IP is not served here: it belongs to another host or is outside the ranges of the configuration. Take it out of the Service, or allow it (kubeIpvs.externalIPCIDRs, kubeIpvs.loadBalancerIPCIDRs).',
    mend: editService,
  },
  conflict: {
    severity: 'warning',
    means:
      'Two Services want the same address, port and protocol: the older one is served. Give this one another port or address, or delete it.',
    mend: describeService,
  },
  'port-ranges-refused': {
    severity: 'warning',
    means:
      'Port ranges are not served: at an address of the node itself, or because all packet marks are taken. Give the Service another address, or kubeIpvs.portRangeMarks more bits (docs/port-ranges.md).',
    mend: editService,
  },
  'endpoint-refused': {
    severity: 'warning',
    means:
      'An endpoint has an address that belongs to no Pod (loopback, link-local, multicast, or that of a Service), and gets no traffic. Correct what writes the EndpointSlice.',
    mend: 'kubectl -n NAMESPACE get endpointslices -l kubernetes.io/service-name=NAME -o yaml',
  },
  'bad-object': {
    severity: 'warning',
    means:
      'A field of an object could not be read. The rest of it is served. Correct the field, or what writes it.',
  },
  'not-asked': {
    severity: 'note',
    means:
      'Neither an API server nor a folder of manifests could be read, so that nothing is known of Services.',
  },
  mistake: {
    severity: 'error',
    means:
      'kube-ipvs fails at this Service, which stays in the kernel as it was: this is a bug of kube-ipvs. Please report it with the object.',
    mend: 'kubectl -n NAMESPACE get service,endpointslices -o yaml',
  },
});

/** By the reason of the Event. */
const kindOfReason: Readonly<Record<string, FindingKind>> = {
  ExternalIPRefused: kinds['vip-refused'],
  LoadBalancerIPRefused: kinds['vip-refused'],
  AddressConflict: kinds.conflict,
  PortRangeConflict: kinds.conflict,
  PortRangesRefused: kinds['port-ranges-refused'],
  EndpointRefused: kinds['endpoint-refused'],
  SchedulerMissing: kinds['scheduler-missing'],
};

interface Seen {
  readonly cluster: ClusterReading;
  /** Files are not to be mended with kubectl. */
  readonly isFromFiles: boolean;
}

/** What of Services cannot be done as they say. */
export const services = defineCheck<Seen>({
  name: 'services',
  title: 'Services that are not served as they say',
  looksAt:
    'What the translation of all Services for this node refuses: annotations, external and load-balancer IPs, conflicts, endpoints, and objects that make no sense. The same problems are Events on the Services.',
  kinds,
  look: async (readers) => ({
    cluster: await readers.cluster(),
    isFromFiles: readers.api.kind === 'not asked',
  }),
  judge: ({ cluster, isFromFiles }) => {
    if (cluster.kind !== 'read') {
      const why = cluster.kind === 'not asked' ? cluster.why : 'the cluster could not be read';
      return [found(kinds['not-asked'], `not asked: ${why}`)];
    }
    const findings: Finding[] = [
      ...cluster.mistakes.map((mistake) => found(kinds.mistake, mistake)),
      ...cluster.problems.map((each) => findingOf(each, isFromFiles)),
    ];
    return orFine(findings, `all of ${cluster.services}`);
  },
});

function findingOf({ problem, reason, service }: ClusterProblem, isFromFiles: boolean): Finding {
  const kind =
    reason === undefined ? kinds['bad-object'] : (kindOfReason[reason] ?? kinds.annotation);
  const seen = formatProblem(problem);
  return isFromFiles || service === undefined
    ? found(kind, seen)
    : found(kind, seen, commandFor(kind, service));
}

function commandFor(
  { mend }: FindingKind,
  { namespace, name }: NonNullable<ClusterProblem['service']>,
): string | undefined {
  return mend?.replaceAll(/NAMESPACE|NAME/g, (word) =>
    shellWord(word === 'NAME' ? name : namespace),
  );
}
