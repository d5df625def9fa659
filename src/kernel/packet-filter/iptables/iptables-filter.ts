import { asError } from '../../../base/as-error.ts';
import { SetClient } from '../../ipset/client.ts';
import { SetsUnavailableError } from '../../ipset/set-error.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import type { Failure } from '../../../reconcile/any-kind-table.ts';
import type {
  AddressWithPortRanges,
  FilterTable,
  MemberChange,
  PacketFilter,
  PacketFilterListener,
  RuleWatchListener,
} from '../packet-filter.ts';
import { ImpossibleError } from '../../../reconcile/foundation.ts';
import type { Row } from '../../../reconcile/kind-rows.ts';
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
import { SetEntryKind, type ObservedEntry, type SetChange } from './set-kind.ts';
import { allSets, setOf, withSpares } from './sets.ts';
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
  const { rangeMarks } = settings.chains;
  const sets = new SetFoundation(client, families, listener, {
    marks: rangeMarks,
    areWanted: () => members.hadPortRanges,
  });
  const onApplied = (change: MemberChange): void => {
    listener.changed(change);
  };
  const kind = new SetEntryKind(client, families, sets, onApplied, rangeMarks, () =>
    servePortRanges(chains),
  );
  const members: SetMemberTable = new SetMemberTable(kind);
  const chains: readonly MasqueradeFoundation[] = families.map(
    (family) =>
      new MasqueradeFoundation({
        family,
        client,
        sets,
        settings: settings.chains,
        variant: () => chooser.variant(),
        open,
        // Entries that the kernel refuses are not waited for.
        hasPortRanges: () => members.hadPortRanges,
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
      addressesInSets(client, withSpares(families.map((family) => setOf(role, family)))),
    portRanges: () => portRangesIn(kind, client),
    forget: (addresses) => forgetInSets(client, withSpares(allSets(families)), addresses),
    remove: () => removeAll(chains, sets),
    close() {
      client.close();
    },
  };
}

/** The table of what the sets hold. */
class SetMemberTable
  extends KindTable<FilterMember, ObservedEntry, SetChange>
  implements FilterTable
{
  readonly keyOf = memberKey;
  #hadPortRanges = false;

  /** Whether any were desired so far. */
  get hadPortRanges(): boolean {
    return this.#hadPortRanges;
  }

  override setDesiredAt(
    row: Row<FilterMember, ObservedEntry>,
    desired: FilterMember | undefined,
  ): void {
    this.#hadPortRanges ||= desired?.role === 'port-ranges';
    super.setDesiredAt(row, desired);
  }
}

/** The rules for port ranges come with the first of them. What stands in the way, the audit finds and tells. */
async function servePortRanges(chains: readonly MasqueradeFoundation[]): Promise<void> {
  for (const foundation of chains) {
    await foundation.servePortRanges().catch(() => undefined);
  }
}

/** Where the kernel has no sets at all, it has none of ours. */
async function portRangesIn(
  kind: SetEntryKind,
  client: SetClient,
): Promise<readonly AddressWithPortRanges[]> {
  try {
    await client.checkType(setOf('empty', 'IPv4'));
  } catch (error) {
    if (error instanceof SetsUnavailableError) {
      return [];
    }
    throw error;
  }
  return kind.portRanges();
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
