import type { IpFamily } from '../../../net/ip-address.ts';
import type { NftClient } from '../../nf-tables/client.ts';
import { deleteChainMessage } from '../../nf-tables/delete-chain.ts';
import { rulesetMessages } from '../../nf-tables/write-ruleset.ts';
import { takingUp } from './foundation.ts';
import { tableName } from './rules.ts';
import { setOf } from './sets.ts';
import { rule, steps } from './words.ts';

/** The chain that stays: the kernel calls it for what leaves the node. */
const lastChain = 'nat-postrouting';

/**
 * Takes the kernel's calls out of the table, in one transaction, but for what masquerades packets that would
 * leave with a VIP: as long as VIPs are bound the node's own processes choose them as their source. Sets and
 * other chains stay and do nothing. Returns whether there is such a table. Rejects with NetlinkError; with an
 * Error where a process owns the table.
 */
export async function giveWayInNftables(
  client: NftClient,
  families: readonly IpFamily[],
): Promise<boolean> {
  const header = await client.table(tableName);
  if (header === undefined) {
    return false;
  }
  const called = (await client.baseChains())
    .filter(({ family, table }) => family === 'inet' && table === tableName)
    .map(({ name }) => name);
  const outcome = await client.transact([
    takingUp(header),
    ...called
      .filter((name) => name !== lastChain)
      .map((name) => deleteChainMessage(tableName, name)),
    ...rulesetMessages({
      table: tableName,
      comment: '',
      sets: [],
      chains: called.includes(lastChain) ? [{ name: lastChain, rules: families.map(fromVip) }] : [],
    }),
  ]);
  switch (outcome.kind) {
    case 'taken':
      return true;
    case 'failed':
      throw outcome.error;
    case 'refused': {
      const [index, error] = [...outcome.failures][0] ?? [];
      throw index === 0 && error?.code === 'EPERM'
        ? new Error(`another process owns the table ${tableName}: a kube-ipvs runs on this node`)
        : (error ?? new Error(`nf_tables refused to change the table ${tableName}`));
    }
  }
}

function fromVip(family: IpFamily) {
  return rule(
    steps.isFamily(family),
    steps.loadSource(family, 0),
    { kind: 'in set', set: setOf('vips', family).name, from: 0, is: 'in' },
    steps.masquerade(),
  );
}
