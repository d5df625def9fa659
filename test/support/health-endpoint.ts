import { inHost, type NodeName } from './network.ts';

/** Where the programs of the tests serve their health, in the network namespace of their node. */
const healthPort = 10_256;

/** What one path of the health endpoint says. */
export interface HealthReport {
  readonly status: number;
  /** What the node waits for before it is ready; empty where the answer does not say. */
  readonly waitingFor: readonly string[];
}

/** Asks the program of a node for its health; status 0 where nobody answers. */
export async function healthOf(
  node: NodeName,
  path: '/healthz' | '/livez' | '/readyz',
): Promise<HealthReport> {
  const url = `http://127.0.0.1:${healthPort}${path}`;
  const printed = await inHost(node, `curl -s -m 5 -w '\\n%{http_code}' '${url}' || true`);
  const [body = '', status = '0'] = printed.split('\n');
  const { waitingFor = [] } = (body === '' ? {} : JSON.parse(body)) as Partial<HealthReport>; // the program's own form
  return { status: Number(status), waitingFor };
}
