import { asError } from '../../../base/as-error.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import { ImpossibleError } from '../../../reconcile/foundation.ts';
import { AnotherLook } from './another-look.ts';
import { chooseVariant, type VariantFinding } from './choose-variant.ts';
import { IptablesError, type Iptables, type IptablesVariant } from './iptables.ts';
import { monotonicMs } from '../../../base/time/monotonic-clock.ts';
import { hasCapability } from '../../own-capabilities.ts';

type OpenIptables = (family: IpFamily, variant: IptablesVariant) => Iptables;

/** Both families ask one after the other, and a lock takes as long to say no the second time. */
const failureHoldsMs = 500;

const variants = ['legacy', 'nft'] as const;

/**
 * Finds out which iptables the node uses, once: after that the answer stays. What stands in the way for
 * a moment is never taken for a refusal.
 */
export class VariantChooser {
  readonly #open: OpenIptables;
  readonly #note: (message: string) => void;
  readonly #now: () => number;
  readonly #anotherLook: AnotherLook;
  readonly #hasRight: () => Promise<boolean>;
  #chosen: IptablesVariant | undefined;
  #failure: { readonly error: Error; readonly atMs: number } | undefined;

  /** `now` in milliseconds. */
  constructor(
    wanted: IptablesVariant | 'auto',
    open: OpenIptables,
    note: (message: string) => void,
    now: () => number = monotonicMs,
    anotherLook = new AnotherLook(),
    // iptables opens raw sockets, and says of one that it may not open that the kernel has no such table.
    hasRight = () => hasCapability('NET_RAW'),
  ) {
    this.#chosen = wanted === 'auto' ? undefined : wanted;
    this.#open = open;
    this.#note = note;
    this.#now = now;
    this.#anotherLook = anotherLook;
    this.#hasRight = hasRight;
  }

  /** Which one was chosen or configured; undefined before that. */
  get chosen(): IptablesVariant | undefined {
    return this.#chosen;
  }

  /**
   * The variant for this node. Rejects with ImpossibleError where the kernel takes neither, and with
   * IptablesError while it cannot be told.
   */
  async variant(): Promise<IptablesVariant> {
    if (this.#chosen !== undefined) {
      return this.#chosen;
    }
    const failure = this.#failure;
    if (failure !== undefined && !(await this.#isWorthAsking(failure))) {
      throw failure.error;
    }
    try {
      this.#chosen = await this.#choose();
      this.#failure = undefined;
      return this.#chosen;
    } catch (error) {
      this.#failure = { error: asError(error), atMs: this.#now() };
      if (error instanceof ImpossibleError) {
        await this.#anotherLook.asked();
      }
      throw error;
    }
  }

  #isWorthAsking({ error, atMs }: { error: Error; atMs: number }): Promise<boolean> | boolean {
    return error instanceof ImpossibleError
      ? this.#anotherLook.isDue()
      : this.#now() - atMs >= failureHoldsMs;
  }

  async #choose(): Promise<IptablesVariant> {
    const failures: IptablesError[] = [];
    const findings: Record<IptablesVariant, VariantFinding> = {
      legacy: await readVariant(this.#open('IPv4', 'legacy'), failures),
      nft: await readVariant(this.#open('IPv4', 'nft'), failures),
    };
    for (;;) {
      const choice = chooseVariant(findings);
      switch (choice.kind) {
        case 'wait':
          throw new IptablesError(choice.reason, 'busy');
        case 'none':
          throw noneWorks(findings, failures, await this.#hasRight());
        case 'chosen': {
          const { variant, why } = choice;
          const refused = await tryVariant(this.#open('IPv4', variant), failures);
          if (refused === undefined) {
            this.#note(`iptables variant ${variant}: ${why}`);
            return variant;
          }
          if (refused.kind === 'busy') {
            throw new IptablesError(refused.reason, 'busy');
          }
          findings[variant] = refused;
        }
      }
    }
  }
}

/** A program may be installed at any time; what the kernel refuses needs another kernel, module or right. */
function noneWorks(
  findings: Readonly<Record<IptablesVariant, VariantFinding>>,
  failures: readonly IptablesError[],
  hasRight: boolean,
): Error {
  const reasons = variants.map((variant) => {
    const finding = findings[variant];
    return finding.kind === 'works' ? '' : finding.reason;
  });
  const message = `no masquerade and no filter: no iptables works here: ${reasons.join('; ')}`;
  if (!hasRight) {
    const mend = 'it needs the capability NET_RAW, which this process does not have';
    return new ImpossibleError(`${message}: ${mend}`, 'right');
  }
  return failures.some(({ failure }) => failure === 'missing')
    ? new IptablesError(message, 'missing')
    : new ImpossibleError(message);
}

async function readVariant(iptables: Iptables, failures: IptablesError[]): Promise<VariantFinding> {
  try {
    return { kind: 'works', rules: await iptables.save() };
  } catch (error) {
    return failureOf(error, failures);
  }
}

/**
 * Reading alone does not tell: the nat table is what a kernel may lack. Only the variant that was
 * chosen is tried, since a try of the legacy one makes its tables.
 */
async function tryVariant(
  iptables: Iptables,
  failures: IptablesError[],
): Promise<VariantFinding | undefined> {
  try {
    await iptables.restore('*nat\n:KIPVS-PROBE - [0:0]\n-X KIPVS-PROBE\nCOMMIT\n');
    return undefined;
  } catch (error) {
    return failureOf(error, failures);
  }
}

function failureOf(error: unknown, failures: IptablesError[]): VariantFinding {
  if (!(error instanceof IptablesError)) {
    throw error;
  }
  failures.push(error);
  return { kind: error.failure === 'busy' ? 'busy' : 'fails', reason: error.message };
}
