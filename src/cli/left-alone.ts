import type { VirtualServerId } from '../kernel/ipvs/model.ts';
import type { Cidr } from '../net/cidr.ts';
import type { IpAddress } from '../net/ip-address.ts';

/**
 * The rows that are not in `ipvs.excludeCIDRs`, by the address of each, which is undefined where it has none:
 * `run` leaves the others alone, whatever is desired there. Pure.
 */
export function withoutLeftAlone<Row>(
  rows: ReadonlyMap<string, Row>,
  excluded: readonly Cidr[],
  addressOf: (row: Row) => IpAddress | undefined,
): ReadonlyMap<string, Row> {
  if (excluded.length === 0) {
    return rows;
  }
  return new Map(
    [...rows].filter(([, row]) => {
      const address = addressOf(row);
      return address === undefined || !excluded.some((range) => range.contains(address));
    }),
  );
}

/** The address of a virtual server; undefined of one for a packet mark. */
export function addressOfId(id: VirtualServerId): IpAddress | undefined {
  return id.kind === 'address' ? id.address : undefined;
}
