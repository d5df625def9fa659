import { formatRealServer, type RealServer, type RealServers } from '../kernel/ipvs/model.ts';
import { slowStartSteps } from '../kernel/ipvs/effective-weight.ts';
import { highestWeight } from '../cluster/weight.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { WeighedEndpoints } from './endpoint-weights.ts';

/** As the kernel has it where nothing is limited. */
const noLimits: ConnectionLimits = { upper: 0, lower: 0 };

/** What the real servers of a Service have besides their addresses. */
export interface RealServerChoices {
  readonly connectionLimits: ConnectionLimits | undefined;
  /** They start slowly, for which their weights have to have tenths. */
  readonly startsSlowly: boolean;
}

/** The real servers at some endpoints. Each is reached by NAT, as with kube-proxy. */
export function realServersAt(
  { endpoints: all, weightOf }: WeighedEndpoints,
  { connectionLimits, startsSlowly }: RealServerChoices,
): RealServers {
  const { upper: upperThreshold, lower: lowerThreshold } = connectionLimits ?? noLimits;
  const factor = startsSlowly ? factorFor(all, weightOf) : 1;
  const realServers = new Map<string, RealServer>();
  for (const { targetPort: port, endpoints } of all) {
    for (const endpoint of endpoints) {
      const realServer: RealServer = {
        address: endpoint.address,
        port,
        method: 'masq',
        weight: weightOf(endpoint) * factor,
        upperThreshold,
        lowerThreshold,
      };
      realServers.set(formatRealServer(realServer), realServer);
    }
  }
  return realServers;
}

/** What the weights are multiplied by, so that each has its tenths; all alike, so that shares stay. */
function factorFor(
  all: WeighedEndpoints['endpoints'],
  weightOf: WeighedEndpoints['weightOf'],
): number {
  const isFit = all.every(({ endpoints }) =>
    endpoints.every((endpoint) => weightOf(endpoint) * slowStartSteps <= highestWeight),
  );
  return isFit ? slowStartSteps : 1;
}
