import { asError } from '../../../base/as-error.ts';
import { SetClient } from '../../ipset/client.ts';
import type { SetOperation } from '../../ipset/model.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import type { Failure } from '../../../reconcile/any-kind-table.ts';
import type {
  FilterTable,
  PacketFilter,
  PacketFilterListener,
  RuleWatchListener,
} from '../packet-filter.ts';
import { ImpossibleError } from '../../../reconcile/foundation.ts';
import { KindTable } from '../../../reconcile/kind-table.ts';
import type { FilterMember } from '../filter-member.ts';
import { ifNews } from '../local-detector.ts';
import type { ChainSettings } from './chains.ts';
import { MasqueradeFoundation } from './foundation.ts';
import { Iptables, type IptablesVariant, type RunProgram } from './iptables.ts';
import { addressesInSets, forgetInSets } from './addresses-in-sets.ts';
import { memberKey } from './member-key.ts';
import { RuleWatch } from './rule-watch.ts';
import { SetFoundation } from './set-foundation.ts';
import { SetEntryKind, type ObservedEntry } from './set-kind.ts';
import { allSets, roleOfSet, setOf } from './sets.ts';
import { VariantChooser } from './variant-chooser.ts';

interface Settings {
  readonly chains: ChainSettings;
  readonly iptables: IptablesVariant | 'auto';
}

/**
 * Opens the packet filter of iptables and sets; nothing is asked or changed by that. Which iptables to
 * use and which sets there are is found out by the foundations, as often as it takes.
 */
export function openIptablesFilter(
  families: readonly IpFamily[],
  settings: Settings,
  listener: PacketFilterListener,
  run?: RunProgram,
  client = new SetClient(),
): PacketFilter {
  const open = (family: IpFamily, variant: IptablesVariant) => new Iptables(family, variant, run);
  const chooser = new VariantChooser(settings.iptables, open, (message) => {
    listener.note(message);
  });
  const sets = new SetFoundation(client, families, listener);
  const members = new SetMemberTable(client, families, sets, (operation) => {
    const role = roleOfSet(operation.set);
    if (role !== undefined) {
      const kind = operation.kind === 'add entry' ? 'added' : 'deleted';
      listener.changed({ kind, member: { role, entry: operation.entry } });
    }
  });
  const chains = families.map(
    (family) =>
      new MasqueradeFoundation({
        family,
        client,
        sets,
        settings: settings.chains,
        variant: () => chooser.variant(),
        open,
        // Entries that the kernel refuses are not waited for.
        areSetsFilled: () => !members.hasDirty() || members.failing().length > 0,
      }),
  );
  return {
    kind: 'iptables',
    foundations: [sets, ...chains],
    members,
    watch: (watchListener) => watchRules(chains, chooser, watchListener),
    setLocalDetector: ifNews(settings.chains.local, (local) => {
      chains.forEach((foundation) => {
        foundation.setLocalDetector(local);
      });
    }),
    addressesOf: (role) =>
      addressesInSets(
        client,
        families.map((family) => setOf(role, family)),
      ),
    forget: (addresses) => forgetInSets(client, allSets(families), addresses),
    remove: () => removeAll(chains, sets),
    close() {
      client.close();
    },
  };
}

/** The table of what the sets hold. */
class SetMemberTable
  extends KindTable<FilterMember, ObservedEntry, SetOperation>
  implements FilterTable
{
  readonly keyOf = memberKey;

  constructor(
    client: SetClient,
    families: readonly IpFamily[],
    sets: SetFoundation,
    onApplied: (operation: SetOperation) => void,
  ) {
    super(new SetEntryKind(client, families, sets, onApplied));
  }
}

function watchRules(
  chains: readonly MasqueradeFoundation[],
  chooser: VariantChooser,
  listener: RuleWatchListener,
): RuleWatch {
  const all = async (look: (one: MasqueradeFoundation) => Promise<boolean>): Promise<boolean> =>
    (await Promise.all(chains.map(look))).every(Boolean);
  const rules = {
    areJumpsInPlace: () => all((one) => one.areJumpsInPlace()),
    areInPlace: () => all((one) => one.isInPlaceIfWritten()),
    areNft: () => (chooser.chosen === undefined ? undefined : chooser.chosen === 'nft'),
  };
  const watch = new RuleWatch(rules, listener);
  watch.start();
  return watch;
}

/** One after the other, the later ones whatever becomes of the earlier ones. */
async function removeAll(
  chains: readonly MasqueradeFoundation[],
  sets: SetFoundation,
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const foundation of chains) {
    try {
      await foundation.remove();
    } catch (error) {
      // Where no iptables works, there is nothing of ours either.
      if (!(error instanceof ImpossibleError)) {
        failures.push({ kind: 'foundation', key: foundation.name, error: asError(error) });
      }
    }
  }
  // Where chains are left that refer to them, they stay too.
  for (const { name, error } of await sets.remove()) {
    failures.push({ kind: 'foundation', key: `set ${name}`, error });
  }
  return failures;
}
