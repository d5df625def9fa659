import type { TableName } from '../packet-filter/iptables/chains.ts';
import { isKubeProxyChain, markChains, markOfOldKubelet } from './kube-proxy-chains.ts';
import { parseRules, type RulesOfTable } from './parse-rules.ts';

/** What is to go out of one table of iptables. */
export interface TableRemoval {
  readonly table: TableName;
  /** Chains that are deleted with their rules. */
  readonly chains: readonly string[];
  /** Chains that somebody else's rules lead to: they are emptied and stay. */
  readonly emptied: readonly string[];
  /** Rules of other chains that are deleted, as `iptables-save` prints them: `-A INPUT ...`. */
  readonly rules: readonly string[];
}

/**
 * nat first: as long as it leads packets to endpoints, the filter that turns some of them away has to
 * stand.
 */
const order: readonly TableName[] = ['nat', 'filter', 'mangle'];

/** Only these lead into kube-proxy's chains of its own accord. */
const builtIn = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);

/**
 * What of kube-proxy stands in what `iptables-save` printed, table by table: its chains, and the rules that
 * lead to them from the kernel's own chains. Pure.
 */
export function kubeProxyRemoval(present: string): readonly TableRemoval[] {
  const tables = parseRules(present);
  return order.flatMap((name) => {
    const table = tables.get(name);
    const removal = table === undefined ? undefined : removalFrom(name, table);
    return removal === undefined ? [] : [removal];
  });
}

/** The text for `iptables-restore --noflush` that does it, each table in one transaction. Pure. */
export function kubeProxyRemovalText(removals: readonly TableRemoval[]): string {
  return removals
    .flatMap(({ table, chains, emptied, rules }) => [
      `*${table}`,
      ...[...chains, ...emptied].map((chain) => `:${chain} - [0:0]`),
      ...rules.map((rule) => rule.replace(/^-A /, '-D ')),
      ...chains.map((chain) => `-X ${chain}`),
      'COMMIT',
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function removalFrom(name: TableName, table: RulesOfTable): TableRemoval | undefined {
  const ofKubeProxy = new Set(table.chains.filter((chain) => isKubeProxyChain(name, chain)));
  const foreign = table.rules.filter(({ chain }) => !ofKubeProxy.has(chain));
  const usedByOthers = new Set(
    foreign
      .filter(({ chain, target }) => !isOwnJump(chain, target))
      .flatMap(({ target }) => (target === undefined ? [] : [target])),
  );
  const keepsMarks = usedByOthers.has('KUBE-MARK-MASQ') || table.chains.includes(markOfOldKubelet);
  const going = [...ofKubeProxy].filter((chain) => !(keepsMarks && markChains.has(chain)));
  const rules = table.rules.filter(({ chain, target, text }) =>
    ofKubeProxy.has(chain)
      ? !going.includes(chain) && text.includes(' --match-set KUBE-')
      : target !== undefined && going.includes(target) && isOwnJump(chain, target),
  );
  return going.length + rules.length === 0
    ? undefined
    : {
        table: name,
        chains: going.filter((chain) => !usedByOthers.has(chain)),
        emptied: going.filter((chain) => usedByOthers.has(chain)),
        rules: rules.map(({ text }) => text),
      };
}

/** No mode leads packets from there to its marks. */
function isOwnJump(chain: string, target: string | undefined): boolean {
  return builtIn.has(chain) && target !== 'KUBE-MARK-MASQ';
}
