import assert from 'node:assert/strict';
import { NftClient } from '../../../../src/kernel/nf-tables/client.ts';
import { readPacketFilterFacts } from '../../../../src/kernel/packet-filter/packet-filter-facts.ts';
import { FakeNfTables } from '../../../support/fake-kernel/nf-tables.ts';

/** NFPROTO_IPV4, NFPROTO_IPV6 and NFPROTO_INET; NF_DROP and NF_ACCEPT. */
const [ip, ip6, inet] = [2, 10, 1];
const [drop, accept] = [0, 1];

async function factsOf(kernel: FakeNfTables) {
  const client = new NftClient(kernel.open);
  const settings = { masqueradeAll: false, local: { kind: 'none' } } as const;
  // Nothing of the legacy variant is asked for where its tables are not in use.
  const run = () => Promise.reject(new Error('no program is to be started'));
  const facts = await readPacketFilterFacts(client, [], settings, run);
  client.close();
  return facts;
}

function chain(family: number, table: string, name: string, policy: number) {
  return { family, table, name, policy };
}

describe('what decides about the packet filter', () => {
  it('is a policy DROP of iptables-nft in a chain that packets of Services pass', async () => {
    const kernel = new FakeNfTables();
    kernel.baseChains.push(
      chain(ip, 'filter', 'INPUT', drop),
      chain(ip6, 'filter', 'FORWARD', drop),
      chain(ip, 'filter', 'FORWARD', accept),
    );
    const facts = await factsOf(kernel);
    assert.deepEqual(facts.dropping, [
      { program: 'iptables-nft', chain: 'INPUT' },
      { program: 'ip6tables-nft', chain: 'FORWARD' },
    ]);
    assert.equal(facts.nftablesLacks, undefined);
  });

  it('is no policy of another chain, table or family, which a rule of iptables would not help', async () => {
    const kernel = new FakeNfTables();
    kernel.baseChains.push(
      chain(ip, 'filter', 'OUTPUT', drop),
      chain(ip, 'mangle', 'FORWARD', drop),
      chain(inet, 'filter', 'INPUT', drop),
    );
    assert.deepEqual((await factsOf(kernel)).dropping, []);
  });

  it('is what the kernel lacks, and then nothing else is asked', async () => {
    const kernel = new FakeNfTables();
    kernel.refuses = (words) => (words === 'chain nat-output' ? 'ENOENT' : undefined);
    kernel.baseChains.push(chain(ip, 'filter', 'INPUT', drop));
    const { nftablesLacks, dropping } = await factsOf(kernel);
    assert.match(nftablesLacks ?? '', /the kernel refuses the table kube-ipvs/);
    assert.deepEqual(dropping, []);
  });
});
