import assert from 'node:assert/strict';
import { closeSync, openSync, readSync } from 'node:fs';
import { netlinkProtocol } from '../../src/kernel/netlink/protocol.ts';
import { kernelTransport } from '../../src/kernel/netlink/transport.ts';
import { scenarios } from '../support/conformance/scenarios.ts';
import { iptables } from '../support/iptables-variant.ts';
import { emptyKernel } from '../support/kernel-state.ts';
import { runCommand } from '../support/run-command.ts';

describe('a real kernel does what the tests of the fake one expect', () => {
  beforeEach(emptyKernel);
  afterEach(emptyKernel);

  for (const scenario of scenarios) {
    it(scenario.name, async () => {
      const result = await scenario.run({
        open: (protocol) => kernelTransport(netlinkProtocol[protocol]),
        openProcTable: () => {
          const file = openSync('/proc/net/ip_vs', 'r');
          return {
            read: (buffer) => readSync(file, buffer),
            close: () => {
              closeSync(file);
            },
          };
        },
        addRule: async (set) => {
          const rule = ['INPUT', '-m', 'set', '--match-set', set, 'dst', '-j', 'ACCEPT'];
          await runCommand(iptables, '-A', ...rule);
          return async () => {
            await runCommand(iptables, '-D', ...rule);
          };
        },
        addFlow: async (server, unanswered = false) => {
          const flow = `-s 10.244.0.9 -d 10.96.0.10 --sport 40000 --dport 53 -r ${server} -q 10.244.0.9`;
          const ports = '--reply-port-src 8053 --reply-port-dst 40000 -t 60';
          const status = unanswered ? [] : ['-u', 'SEEN_REPLY'];
          await runCommand(
            'conntrack',
            '-I',
            '-p',
            'udp',
            ...`${flow} ${ports}`.split(' '),
            ...status,
          );
        },
      });
      assert.deepEqual(result, scenario.expected);
    });
  }
});
