import assert from 'node:assert/strict';
import { FakeKernel } from '../../support/fake-kernel/fake-kernel.ts';
import { openProcText } from '../../support/fake-kernel/ipvs-proc.ts';
import { scenarios } from '../../support/conformance/scenarios.ts';
import { flowIn } from '../../support/conntrack-flows.ts';

describe('the fake kernel does what test/kernel/conformance.test.ts sees a real one do', () => {
  for (const scenario of scenarios) {
    it(scenario.name, async () => {
      const fake = new FakeKernel();
      fake.ipvs.schedulers = new Set(['rr', 'wlc', 'sh']);
      const result = await scenario.run({
        open: (protocol) => fake.open(protocol),
        openProcTable: () => openProcText(fake.ipvs),
        addRule: async (set) => {
          fake.ipset.references = (name) => (name === set ? 1 : 0);
          return async () => {
            fake.ipset.references = () => 0;
          };
        },
        addFlow: async (server, unanswered = false) => {
          const [client, vip] = ['10.244.0.9', '10.96.0.10'];
          fake.conntrack.flows.push(flowIn({ client, vip, port: 53, server, unanswered }));
        },
      });
      assert.deepEqual(result, scenario.expected);
    });
  }
});
