import type { IpFamily } from '../../../net/ip-address.ts';
import type { NftClient, TableHeader } from '../../nf-tables/client.ts';
import { deleteChainMessage } from '../../nf-tables/delete-chain.ts';
import { rulesetMessages } from '../../nf-tables/write-ruleset.ts';
import { takingUp } from './foundation.ts';
import { tableName } from './rules.ts';
import { setOf } from './sets.ts';
import { rule, steps } from './words.ts';

/** The chain that stays: the kernel calls it for what leaves the node. */
const lastChain = 'nat-postrouting';

/** Our table, and which of its chains the kernel calls. */
export interface CallsFound {
  readonly header: TableHeader;
  readonly called: readonly string[];
}

/** Undefined where there is no such table. Rejects with NetlinkError. */
export async function findCalls(client: NftClient): Promise<CallsFound | undefined> {
  const header = await client.table(tableName);
  if (header === undefined) {
    return undefined;
  }
  const called = (await client.baseChains())
    .filter(({ family, table }) => family === 'inet' && table === tableName)
    .map(({ name }) => name);
  return { header, called };
}

/** What is done to each chain. Pure. */
export function describeCalls({ called }: CallsFound): readonly string[] {
  const place = `table inet ${tableName} (nftables)`;
  return called.map((name) =>
    name === lastChain
      ? `empty chain ${name} of ${place}, but for the masquerade of what leaves with a VIP`
      : `delete chain ${name} of ${place}`,
  );
}

/**
 * Takes the kernel's calls out of the table, in one transaction, but for what masquerades packets that would
 * leave with a VIP: as long as VIPs are bound the node's own processes choose them as their source. Sets and
 * other chains stay and do nothing. Rejects with NetlinkError; with an Error where a process owns the table.
 */
export async function giveWayInNftables(
  client: NftClient,
  families: readonly IpFamily[],
  { header, called }: CallsFound,
): Promise<void> {
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
      return;
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
