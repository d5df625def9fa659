import { ConntrackClient } from '../../../src/conntrack/client.ts';
import { StaleFlows } from '../../../src/conntrack/stale-flows.ts';
import { ip } from '../ipvs-examples.ts';
import type { Scenario } from './scenario.ts';

export const conntrackScenario: Scenario = {
  name: 'stale flows are deleted, others stay, and nobody minds those that are gone',
  run: async (kernel) => {
    await kernel.addFlow('10.244.1.1');
    const client = new ConntrackClient({}, kernel.open('netfilter'));
    const staleAt = (server: string) => {
      const stale = new StaleFlows();
      stale.note({
        kind: 'delete real server',
        id: { kind: 'address', protocol: 'UDP', address: ip('10.96.0.10'), port: 53 },
        realServer: { address: ip(server), port: 8053 },
      });
      return stale;
    };
    const deleted = [
      await client.deleteStale(staleAt('10.244.1.2')),
      await client.deleteStale(staleAt('10.244.1.1')),
      await client.deleteStale(staleAt('10.244.1.1')),
    ];
    client.close();
    return deleted;
  },
  expected: [0, 1, 0],
};
