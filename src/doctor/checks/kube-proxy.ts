import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import type { ProcessesReading } from '../../kernel/takeover/readings.ts';
import { judgeKubeProxy, type KubeProxySeen } from '../../kernel/takeover/kube-proxy-seen.ts';
import { askAll, judgeAnswers, type WhoServes } from '../../kernel/takeover/who-serves.ts';

const labelNode = (node: string): string =>
  `kubectl label node ${node} kube-ipvs.io/proxy=kube-ipvs`;

const kinds = kindsOf({
  'beside-kube-ipvs': {
    severity: 'error',
    means:
      'kube-proxy and kube-ipvs run on the same node: they undo each other’s work, and kube-proxy deletes what it does not know. Keep kube-proxy off nodes where kube-ipvs runs (docs/deploying.md, step 2), and let this node’s Pod go. Do not run `kube-proxy --cleanup`: it empties the IPVS table.',
    mend: 'kubectl -n kube-system delete pod --field-selector spec.nodeName=NODE -l k8s-app=kube-proxy',
  },
  runs: {
    severity: 'warning',
    means:
      'kube-proxy serves this node. kube-ipvs takes over from it without a break, in whichever mode it is. Once kube-proxy’s DaemonSet has the affinity of docs/deploying.md (step 2), a label moves the node; a kube-proxy that is built into another program (k3s, RKE2) is turned off by that program’s --disable-kube-proxy.',
    mend: labelNode('NODE'),
  },
  'port-taken': {
    severity: 'error',
    means:
      'Another program listens where kube-ipvs would serve: its probes and metrics would fail. Stop that program, or give kube-ipvs another port.',
    mend: "ss -ltnp 'sport = :PORT'",
  },
  'processes-hidden': {
    severity: 'note',
    means:
      'In a container only its own processes are to be seen: whether kube-proxy runs is known only by what answers at its ports. Ask on the node itself.',
    mend: 'pgrep -a kube-proxy',
  },
});

/** Node.js is the process; the program is among its arguments. */
const kubeIpvsDaemon = /kube-ipvs(?:\.js)? run(?: |$)/;

interface Seen {
  readonly processes: ProcessesReading;
  readonly serves: WhoServes;
  readonly seen: KubeProxySeen;
  readonly nodeName: string;
  readonly ports: Readonly<Record<'health' | 'metrics', number | undefined>>;
}

/** A kube-proxy that still runs. */
export const kubeProxy = defineCheck<Seen>({
  name: 'kube-proxy',
  title: 'kube-proxy that still runs',
  looksAt:
    'Processes of the name kube-proxy in /proc, and who answers at healthzBindAddress and metricsBindAddress (a program may have kube-proxy in it, as k3s does).',
  kinds,
  look: async (readers) => {
    const { healthzBindAddress: health, metricsBindAddress: metrics, nodeName } = readers.settings;
    const answers = await askAll(readers);
    const processes = await readers.processes();
    return {
      processes,
      serves: judgeAnswers(answers),
      seen: judgeKubeProxy(processes, [{ addresses: { health, metrics }, answers }]),
      nodeName,
      ports: { health: health?.port, metrics: metrics?.port },
    };
  },
  judge: ({ processes, serves, seen, nodeName, ports }) => {
    const findings: Finding[] = [];
    if (seen.kind === 'runs') {
      const what = `kube-proxy runs: ${seen.how}`;
      const runsToo =
        serves.kind === 'kube-ipvs' ||
        processes.processes.some(({ commandLine }) => kubeIpvsDaemon.test(commandLine));
      findings.push(
        runsToo
          ? found(
              kinds['beside-kube-ipvs'],
              what,
              `kubectl -n kube-system delete pod --field-selector spec.nodeName=${nodeName} -l k8s-app=kube-proxy`,
            )
          : found(kinds.runs, what, labelNode(nodeName)),
      );
    }
    if (serves.kind === 'another program') {
      const port = ports[serves.endpoint] ?? 0;
      findings.push(
        found(
          kinds['port-taken'],
          `neither kube-ipvs nor kube-proxy answers at port ${port} (${serves.endpoint})`,
          `ss -ltnp 'sport = :${port}'`,
        ),
      );
    }
    if (!processes.seesHost && seen.kind !== 'runs' && serves.kind !== 'kube-ipvs') {
      findings.push(found(kinds['processes-hidden'], 'the processes of the node are not seen'));
    }
    return orFine(findings, 'no kube-proxy runs');
  },
});
