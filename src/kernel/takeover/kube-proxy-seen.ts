import type { BindAddress } from '../../net/bind-address.ts';
import { askServer } from './ask-server.ts';
import { readProcesses } from './processes.ts';
import type { ProcessesReading, ServedEndpoint } from './readings.ts';
import { askAll, kubeProxyAt, type Answers } from './who-serves.ts';

/** Whether a kube-proxy runs on this node. */
export type KubeProxySeen =
  /** `how` is a part of a sentence: `process 812, it answers at port 10249 (mode iptables)`. */
  | { readonly kind: 'runs'; readonly how: string }
  /** `isCertain` is false in a container, to which the node's processes are hidden: its ports told. */
  | { readonly kind: 'not seen'; readonly isCertain: boolean };

/** Where a kube-proxy may answer. */
export interface AskedServers {
  readonly addresses: Readonly<Record<ServedEndpoint, BindAddress | undefined>>;
  readonly answers: Answers;
}

const kubeProxyName = 'kube-proxy';

/** kube-proxy's own defaults, which k3s and its like have too. */
const usualAddresses: AskedServers['addresses'] = {
  health: { host: '127.0.0.1', port: 10_256 },
  metrics: { host: '127.0.0.1', port: 10_249 },
};

/** Looks at the processes and asks at the configured addresses and at the usual ones. Never rejects. */
export async function lookForKubeProxy(
  configured: AskedServers['addresses'],
): Promise<KubeProxySeen> {
  return judgeKubeProxy(await readProcesses(), await askServers(configured));
}

/** Asks who serves at these addresses and at kube-proxy's usual ones. */
export async function askServers(
  configured: AskedServers['addresses'],
): Promise<readonly AskedServers[]> {
  const asked: AskedServers[] = [];
  for (const addresses of [configured, usualAddresses]) {
    const served = (endpoint: ServedEndpoint, path: string) => askServer(addresses[endpoint], path);
    asked.push({ addresses, answers: await askAll({ served }) });
  }
  return asked;
}

/**
 * By the name of a process, and by who answers at which ports: a program such as k3s has kube-proxy in it.
 * Pure.
 */
export function judgeKubeProxy(
  { processes, seesHost }: ProcessesReading,
  servers: readonly AskedServers[],
): KubeProxySeen {
  const process = processes.find(({ name }) => name === kubeProxyName);
  const answers = servers.map(({ addresses, answers: all }) => ({
    addresses,
    ...kubeProxyAt(all),
  }));
  const ports = answers.flatMap(({ addresses, endpoints }) =>
    endpoints.map((endpoint) => addresses[endpoint]?.port),
  );
  const mode = answers.find((each) => each.mode !== undefined)?.mode;
  const how = [
    ...(process === undefined ? [] : [`process ${process.pid}`]),
    ...(ports.length === 0
      ? []
      : [
          `it answers at port ${[...new Set(ports)].join(' and ')}${mode === undefined ? '' : ` (mode ${mode})`}`,
        ]),
  ];
  return how.length > 0
    ? { kind: 'runs', how: how.join(', ') }
    : { kind: 'not seen', isCertain: seesHost };
}

/** Whether one is there, by what one pair of servers answered. Pure. */
export function isKubeProxyThere({ processes }: ProcessesReading, answers: Answers): boolean {
  return (
    processes.some(({ name }) => name === kubeProxyName) ||
    kubeProxyAt(answers).endpoints.length > 0
  );
}
