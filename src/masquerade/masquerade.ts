import { asError } from '../as-error.ts';
import type { SetClient } from '../ipset/client.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { Foundation } from '../reconcile/foundation.ts';
import type { Failure } from '../reconcile/any-kind-table.ts';
import { KindTable } from '../reconcile/kind-table.ts';
import type { SetMember } from '../translate/set-member.ts';
import type { SetOperation } from '../ipset/model.ts';
import type { ChainSettings } from './chains.ts';
import { chooseVariant, type VariantFinding } from './choose-variant.ts';
import { MasqueradeFoundation } from './foundation.ts';
import { Iptables, type IptablesVariant, type RunProgram } from './iptables.ts';
import type { LocalDetector } from './local-detector.ts';
import { SetEntryKind, type ObservedEntry } from './set-kind.ts';
import { allSets } from './sets.ts';

export type SetEntryTable = KindTable<SetMember, ObservedEntry, SetOperation>;

/** The shim as it could be had on this node. */
export interface Masquerade {
  readonly foundations: readonly Foundation[];
  /** What the sets hold; undefined where the kernel has no sets. */
  readonly entries: SetEntryTable | undefined;
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
  warn(message: string): void;
  /** Hears of each change of a set that succeeded. */
  entryApplied?(operation: SetOperation): void;
}

/**
 * Finds out which iptables to use and whether there are sets; changes no rule. What is missing
 * is told once, and what does not need it works without.
 */
export async function openMasquerade(
  sets: SetClient,
  families: readonly IpFamily[],
  settings: Settings,
  listener: Listener,
  run?: RunProgram,
): Promise<Masquerade> {
  const open = (family: IpFamily, variant: IptablesVariant) => new Iptables(family, variant, run);
  const entries = await openEntries(sets, families, listener);
  const variant =
    settings.iptables === 'auto' ? await detectVariant(open, listener) : settings.iptables;
  const foundations =
    entries === undefined || variant === undefined
      ? []
      : families.map(
          (family) =>
            new MasqueradeFoundation(family, variant, sets, settings.chains, open(family, variant)),
        );
  let present = settings.chains.local;
  return {
    foundations,
    entries,
    setLocalDetector(local) {
      const isNews = JSON.stringify(local) !== JSON.stringify(present);
      present = local;
      if (isNews) {
        foundations.forEach((foundation) => {
          foundation.setLocalDetector(local);
        });
      }
      return isNews;
    },
    remove() {
      return removeInTurn([
        ...foundations.map((foundation) => ({
          key: foundation.name,
          remove: () => foundation.remove(),
        })),
        // Where chains are left that refer to them, they stay too.
        ...allSets(families).map(({ name }) => ({
          key: `set ${name}`,
          remove: () => sets.destroySet(name),
        })),
      ]);
    },
  };
}

interface Removal {
  readonly key: string;
  readonly remove: () => Promise<void>;
}

/** One after the other, the later ones whatever becomes of the earlier ones. */
async function removeInTurn(removals: readonly Removal[]): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const { key, remove } of removals) {
    try {
      await remove();
    } catch (error) {
      failures.push({ kind: 'foundation', key, error: asError(error) });
    }
  }
  return failures;
}

async function openEntries(
  sets: SetClient,
  families: readonly IpFamily[],
  listener: Listener,
): Promise<SetEntryTable | undefined> {
  try {
    for (const set of allSets(families)) {
      await sets.checkType(set);
    }
    return new KindTable(
      new SetEntryKind(sets, families, (operation) => listener.entryApplied?.(operation)),
    );
  } catch (error) {
    const reason = asError(error).message;
    listener.warn(`no masquerade and no filter: ${reason}`);
    return undefined;
  }
}

type OpenIptables = (family: IpFamily, variant: IptablesVariant) => Iptables;

async function detectVariant(
  open: OpenIptables,
  listener: Listener,
): Promise<IptablesVariant | undefined> {
  const findings: Record<IptablesVariant, VariantFinding> = {
    legacy: await readVariant(open('IPv4', 'legacy')),
    nft: await readVariant(open('IPv4', 'nft')),
  };
  for (
    let choice = chooseVariant(findings);
    choice !== undefined;
    choice = chooseVariant(findings)
  ) {
    const refused = await tryVariant(open('IPv4', choice.variant));
    if (refused === undefined) {
      listener.note(`iptables variant ${choice.variant}: ${choice.why}`);
      return choice.variant;
    }
    findings[choice.variant] = refused;
  }
  const reasons = Object.values(findings).map((finding) =>
    finding.kind === 'fails' ? finding.reason : '',
  );
  listener.warn(`no masquerade and no filter: no iptables works here: ${reasons.join('; ')}`);
  return undefined;
}

async function readVariant(iptables: Iptables): Promise<VariantFinding> {
  try {
    return { kind: 'works', rules: await iptables.save() };
  } catch (error) {
    return failure(error);
  }
}

/**
 * Reading alone does not tell: the nat table is what a kernel may lack. Only the variant that was
 * chosen is tried, since a try of the legacy one makes its tables.
 */
async function tryVariant(iptables: Iptables): Promise<VariantFinding | undefined> {
  try {
    await iptables.restore('*nat\n:KIPVS-PROBE - [0:0]\n-X KIPVS-PROBE\nCOMMIT\n');
    return undefined;
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): VariantFinding {
  return { kind: 'fails', reason: asError(error).message };
}
