import type { IpAddress } from '../../src/net/ip-address.ts';
import { DesiredState, type DesiredTable } from '../../src/reconcile/desired-state.ts';
import type { VirtualServer } from '../../src/translate/desired.ts';
import type { SetMember } from '../../src/translate/set-member.ts';

/** A table that remembers what it holds and which keys it was told of. */
export class MemoryTable<Row> implements DesiredTable<Row> {
  readonly rows = new Map<string, Row>();
  readonly told: string[] = [];

  setDesired(key: string, row: Row | undefined): void {
    this.told.push(key);
    if (row === undefined) {
      this.rows.delete(key);
    } else {
      this.rows.set(key, row);
    }
  }
}

/** A desired state with tables in place of the kernel's. */
export class MemoryTables {
  readonly virtualServers = new MemoryTable<VirtualServer>();
  readonly boundAddresses = new MemoryTable<IpAddress>();
  readonly members = new MemoryTable<SetMember>();
  readonly desired = new DesiredState(this.virtualServers, this.boundAddresses, this.members);

  forget(): void {
    this.virtualServers.told.length = 0;
    this.boundAddresses.told.length = 0;
    this.members.told.length = 0;
  }
}
