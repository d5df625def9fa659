import { asError } from '../as-error.ts';
import type { SetClient } from '../ipset/client.ts';
import type { SetOperation } from '../ipset/model.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { Failure } from '../reconcile/any-kind-table.ts';
import { ImpossibleError, type Foundation } from '../reconcile/foundation.ts';
import { KindTable } from '../reconcile/kind-table.ts';
import type { FilterMember } from '../packet-filter/filter-member.ts';
import type { ChainSettings } from './chains.ts';
import { MasqueradeFoundation } from './foundation.ts';
import { Iptables, type IptablesVariant, type RunProgram } from './iptables.ts';
import type { LocalDetector } from './local-detector.ts';
import { RuleWatch, type RuleWatchListener } from './rule-watch.ts';
import { SetFoundation } from './set-foundation.ts';
import { SetEntryKind, type ObservedEntry } from './set-kind.ts';
import { VariantChooser } from './variant-chooser.ts';

export type SetEntryTable = KindTable<FilterMember, ObservedEntry, SetOperation>;

/** The shim of this node. */
export interface Masquerade {
  /** The sets, then the chains of each family. */
  readonly foundations: readonly Foundation[];
  /** What the sets hold. */
  readonly entries: SetEntryTable;
  /** Sees soon that others have removed rules; `stop` ends that. */
  watch(listener: RuleWatchListener): RuleWatch;
  /** How packets of Pods are known from now on; answers whether that is news for the chains. */
  setLocalDetector(local: LocalDetector): boolean;
  /** Takes everything out of the kernel again, as far as it goes. Answers what did not go. */
  remove(): Promise<readonly Failure[]>;
}

interface Settings {
  readonly chains: ChainSettings;
  readonly iptables: IptablesVariant | 'auto';
}

interface Listener {
  note(message: string): void;
  /** Hears of each change of a set that succeeded. */
  entryApplied?(operation: SetOperation): void;
}

/**
 * Opens the shim; nothing is asked or changed by that. Which iptables to use and which sets there are
 * is found out by the foundations, as often as it takes.
 */
export function openMasquerade(
  client: SetClient,
  families: readonly IpFamily[],
  settings: Settings,
  listener: Listener,
  run?: RunProgram,
): Masquerade {
  const open = (family: IpFamily, variant: IptablesVariant) => new Iptables(family, variant, run);
  const chooser = new VariantChooser(settings.iptables, open, (message) => {
    listener.note(message);
  });
  const sets = new SetFoundation(client, families, listener);
  const entries = new KindTable(
    new SetEntryKind(client, families, sets, (operation) => listener.entryApplied?.(operation)),
  );
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
        areSetsFilled: () => !entries.hasDirty() || entries.failing().length > 0,
      }),
  );
  let present = settings.chains.local;
  return {
    foundations: [sets, ...chains],
    entries,
    watch: (watchListener) => watchRules(chains, chooser, watchListener),
    setLocalDetector(local) {
      const isNews = JSON.stringify(local) !== JSON.stringify(present);
      present = local;
      if (isNews) {
        chains.forEach((foundation) => {
          foundation.setLocalDetector(local);
        });
      }
      return isNews;
    },
    remove: () => removeAll(chains, sets),
  };
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
