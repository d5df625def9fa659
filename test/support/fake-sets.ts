import { SetClient } from '../../src/ipset/client.ts';
import {
  formatEntry,
  type IpSet,
  type SetEntry,
  type SetHeader,
  type SetOperation,
  type SetType,
} from '../../src/ipset/model.ts';
import { SetError } from '../../src/ipset/set-error.ts';
import { allSets } from '../../src/masquerade/sets.ts';
import { NetlinkError } from '../../src/netlink/netlink-error.ts';
import type { FakeIptables } from './fake-iptables.ts';

/** The kernel's sets in memory; references are counted in the rules of a fake iptables. */
export class FakeSets extends SetClient {
  readonly sets = new Map<string, Map<string, SetEntry>>();
  /** The names of the sets that were read, in their order. */
  readonly listed: string[] = [];
  /** Why the kernel has no sets of some types. */
  unavailable: { readonly types: readonly SetType[]; readonly reason: Error } | undefined;
  /** What a set is, where it is not as it was made. */
  readonly headers = new Map<string, Partial<SetHeader>>();
  readonly #made = new Map<string, IpSet>();
  readonly #iptables: FakeIptables | undefined;

  constructor(iptables?: FakeIptables) {
    super({}, () => {
      throw new Error('the fake has no socket');
    });
    this.#iptables = iptables;
  }

  override checkType({ type }: IpSet): Promise<void> {
    const { unavailable } = this;
    return unavailable?.types.includes(type) === true
      ? Promise.reject(unavailable.reason)
      : Promise.resolve();
  }

  override async ensureSets(sets: readonly IpSet[]): Promise<void> {
    for (const set of sets) {
      await this.checkType(set);
      this.sets.set(set.name, this.sets.get(set.name) ?? new Map<string, SetEntry>());
      this.#made.set(set.name, set);
    }
  }

  override header(name: string): Promise<SetHeader | undefined> {
    const set =
      this.#made.get(name) ??
      allSets(['IPv4', 'IPv6']).find((own) => own.name === name.replace(/-b$/, ''));
    return Promise.resolve(
      this.sets.has(name) && set !== undefined
        ? {
            type: set.type,
            family: set.family,
            references: this.#count(name),
            maxElements: 1 << 20,
            ports: [0, 65_535],
            hasTimeout: false,
            ...this.headers.get(name),
          }
        : undefined,
    );
  }

  override names(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(this.sets.keys()));
  }

  override destroySet(name: string): Promise<void> {
    if (this.#count(name) > 0) {
      return Promise.reject(new NetlinkError('EBUSY', 'a rule refers to the set'));
    }
    this.sets.delete(name);
    this.headers.delete(name);
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
