import { toGoldenShape, type GoldenShape } from '../../src/cli/golden-shape.ts';
import type { IpAddress } from '../../src/net/ip-address.ts';
import type { ObjectKey } from '../../src/cluster/objects.ts';
import {
  DesiredState,
  ServiceClaims,
  type DesiredChange,
} from '../../src/desired/desired-state.ts';
import { PlaceMap } from '../../src/reconcile/place-map.ts';
import type { Place } from '../../src/reconcile/place.ts';
import type { DesiredFrontEnd, Translation } from '../../src/translate/desired.ts';
import { memberKey } from '../../src/kernel/packet-filter/iptables/member-key.ts';
import type { FilterMember } from '../../src/kernel/packet-filter/filter-member.ts';

/** A table that remembers what it holds and which keys it was told of. */
export class MemoryTable<Row> extends PlaceMap<Row> {
  readonly told: string[] = [];

  override setDesiredAt(place: Place<Row>, row: Row | undefined): void {
    this.told.push(place.key);
    super.setDesiredAt(place, row);
  }
}

/** A desired state that keeps the claims of Services by their keys. */
class StateOfServices extends DesiredState {
  readonly #claims = new Map<ObjectKey, ServiceClaims>();

  setService(
    service: ObjectKey,
    createdAt: number,
    translation: Translation | undefined,
  ): DesiredChange {
    const claims = this.#claims.get(service) ?? new ServiceClaims(service);
    this.#claims.set(service, claims);
    return this.replace(claims, createdAt, translation);
  }
}

/** A desired state with tables in place of the kernel's. */
export class MemoryTables {
  readonly virtualServers = new MemoryTable<DesiredFrontEnd>();
  readonly boundAddresses = new MemoryTable<IpAddress>();
  readonly members = Object.assign(new MemoryTable<FilterMember>(), { keyOf: memberKey });
  readonly desired = new StateOfServices(this.virtualServers, this.boundAddresses, this.members);

  /** What is desired, in the form of the golden cases. */
  shape(): GoldenShape {
    const virtualServers = Array.from(
      this.virtualServers.rows.values(),
      (row) => row.virtualServer,
    );
    return toGoldenShape(virtualServers, this.boundAddresses.rows.values());
  }

  forget(): void {
    this.virtualServers.told.length = 0;
    this.boundAddresses.told.length = 0;
    this.members.told.length = 0;
  }
}
