import assert from 'node:assert/strict';
import { NftClient } from '../../src/kernel/nf-tables/client.ts';
import { choosePacketFilter } from '../../src/kernel/packet-filter/choose-packet-filter.ts';
import { readPacketFilterFacts } from '../../src/kernel/packet-filter/packet-filter-facts.ts';
import { canRun } from '../support/can-run.ts';
import { shell } from '../support/kernel-state.ts';

const settings = { masqueradeAll: false, local: { kind: 'none' } } as const;

describe('the packet filter that a kernel with NAT for nf_tables gets', () => {
  async function chosen(): Promise<string> {
    const client = new NftClient();
    const facts = await readPacketFilterFacts(client, ['IPv4', 'IPv6'], settings);
    client.close();
    const { kind, why } = choosePacketFilter(facts);
    return `${kind}: ${why}`;
  }

  it('is nftables where nothing speaks against it', async () => {
    assert.match(await chosen(), /^nftables: /);
  });

  for (const variant of ['nft', 'legacy'] as const) {
    for (const [family, chain] of [
      ['iptables', 'INPUT'],
      ['iptables', 'FORWARD'],
      ['ip6tables', 'INPUT'],
      ['ip6tables', 'FORWARD'],
    ] as const) {
      const program = `${family}-${variant}`;

      it(`is iptables while ${program} has the policy DROP in ${chain}`, async function () {
        if (!(await canRun(`${program} -S`))) {
          this.skip();
        }
        await shell(`${program} -P ${chain} DROP`);
        try {
          const choice = await chosen();
          assert.ok(
            choice.startsWith(`iptables: the policy of ${chain} in ${program} is DROP`),
            choice,
          );
        } finally {
          await shell(`${program} -P ${chain} ACCEPT`);
        }
        assert.match(await chosen(), /^nftables: /);
      });
    }
  }
});
