import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import { shellWord } from '../shell-word.ts';
import type { ApiVersionReading, ClusterReading } from '../readers.ts';

const kinds = kindsOf({
  unreachable: {
    severity: 'error',
    means:
      'The API server cannot be reached from this node. What the kernel holds goes on serving, but changes of Services and Pods do not arrive. Where the address is the cluster IP of default/kubernetes, it works only once Services are served: name the server’s own address with --master, or in the kubeconfig.',
    mend: 'curl -k URL/version',
  },
  'cluster-unread': {
    severity: 'error',
    means:
      'The API server answers, but Services and EndpointSlices could not be listed: nothing would be served. The check of permissions says whether a right is missing.',
    mend: 'kubectl apply -f config/base/cluster-role.yaml -f config/base/cluster-role-binding.yaml',
  },
  'no-node': {
    severity: 'warning',
    means:
      'There is no Node of this name: endpoints on this node do not count as local, so that Services of policy Local have none here; topology hints and the ranges of Pods are unknown. Name the Node with --node-name (hostnameOverride in the configuration).',
    mend: 'kubectl get nodes',
  },
  'not-asked': {
    severity: 'note',
    means:
      'No API server was asked, so that nothing is known of permissions and the clock. Name one with --kubeconfig, or run the doctor in the Pod of kube-ipvs.',
    mend: 'kubectl -n kube-system exec ds/kube-ipvs -- kube-ipvs doctor --config /var/lib/kube-proxy/config.conf',
  },
});

interface Seen {
  readonly api:
    | { readonly kind: 'not asked'; readonly why: string }
    | { readonly kind: 'asked'; readonly server: string; readonly version: ApiVersionReading };
  readonly cluster: ClusterReading;
  readonly nodeName: string;
}

/** The API server, and what it says of this node. */
export const apiServer = defineCheck<Seen>({
  name: 'api-server',
  title: 'API server and cluster',
  looksAt:
    'Whether the API server answers, whether Services, EndpointSlices and Nodes can be listed (or read from the folder of --manifests), and whether there is a Node of the configured name.',
  kinds,
  look: async (readers) => {
    const { api } = readers;
    return {
      api:
        api.kind === 'asked'
          ? { kind: 'asked', server: api.server, version: await api.version() }
          : api,
      cluster: await readers.cluster(),
      nodeName: readers.settings.nodeName,
    };
  },
  judge: ({ api, cluster, nodeName }) => {
    const findings: Finding[] = [];
    const isDown = api.kind === 'asked' && api.version.kind === 'failed';
    if (api.kind === 'not asked') {
      findings.push(found(kinds['not-asked'], `not asked: ${api.why}`));
    } else if (api.version.kind === 'failed') {
      findings.push(
        found(
          kinds.unreachable,
          `${api.server}: ${api.version.reason}`,
          `curl -k ${shellWord(`${api.server}/version`)}`,
        ),
      );
    }
    if (cluster.kind === 'failed' && !isDown) {
      findings.push(found(kinds['cluster-unread'], cluster.reason));
    }
    if (cluster.kind === 'read' && !cluster.hasNode) {
      findings.push(found(kinds['no-node'], `no Node ${nodeName}`));
    }
    const version =
      api.kind === 'asked' && api.version.kind === 'answered'
        ? `Kubernetes ${api.version.version} at ${api.server}; `
        : '';
    const services = cluster.kind === 'read' ? `${cluster.services} Services` : '';
    return orFine(findings, `${version}${services}`);
  },
});
