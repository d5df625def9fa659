import { SetClient } from '../../src/ipset/client.ts';
import {
  formatEntry,
  type IpSet,
  type SetEntry,
  type SetOperation,
} from '../../src/ipset/model.ts';
import { SetError, SetsUnavailableError } from '../../src/ipset/set-error.ts';
import { NetlinkError } from '../../src/netlink/netlink-error.ts';
import type { FakeIptables } from './fake-iptables.ts';

/** The kernel's sets in memory; references are counted in the rules of a fake iptables. */
export class FakeSets extends SetClient {
  readonly sets = new Map<string, Map<string, SetEntry>>();
  /** The names of the sets that were read, in their order. */
  readonly listed: string[] = [];
  /** Why the kernel has no sets at all. */
  unavailable: string | undefined;
  readonly #iptables: FakeIptables | undefined;

  constructor(iptables?: FakeIptables) {
    super({}, () => {
      throw new Error('the fake has no socket');
    });
    this.#iptables = iptables;
  }

  override checkType(): Promise<void> {
    return this.unavailable === undefined
      ? Promise.resolve()
      : Promise.reject(new SetsUnavailableError(this.unavailable));
  }

  override ensureSets(sets: readonly IpSet[]): Promise<void> {
    for (const { name } of sets) {
      this.sets.set(name, this.sets.get(name) ?? new Map<string, SetEntry>());
    }
    return Promise.resolve();
  }

  override names(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(this.sets.keys()));
  }

  override destroySet(name: string): Promise<void> {
    if (this.#count(name) > 0) {
      return Promise.reject(new NetlinkError('EBUSY', 'a rule refers to the set'));
    }
    this.sets.delete(name);
    return Promise.resolve();
  }

  override eachEntry({ name }: IpSet, begin: () => (entry: SetEntry) => void): Promise<boolean> {
    this.listed.push(name);
    const set = this.sets.get(name);
    const visit = begin();
    set?.forEach((entry) => {
      visit(entry);
    });
    return Promise.resolve(set !== undefined);
  }

  override references(name: string): Promise<number | undefined> {
    return Promise.resolve(this.sets.has(name) ? this.#count(name) : undefined);
  }

  override execute(operations: readonly SetOperation[]): Promise<(SetError | undefined)[]> {
    return Promise.resolve(operations.map((operation) => this.#change(operation)));
  }

  #change(operation: SetOperation): SetError | undefined {
    const { kind, set, entry } = operation;
    const entries = this.sets.get(set.name);
    if (entries === undefined) {
      return new SetError(operation, new NetlinkError('ENOENT', 'no such set'));
    }
    if (kind === 'add entry') {
      entries.set(formatEntry(entry), entry);
    } else {
      entries.delete(formatEntry(entry));
    }
    return undefined;
  }

  #count(name: string): number {
    return this.#iptables?.countRules(`--match-set ${name} `) ?? 0;
  }
}
