import { formatVirtualServer } from '../../kernel/ipvs/model.ts';
import type { MarkedRange } from '../../kernel/packet-filter/marked-range.ts';
import { holdsPort } from '../../net/port-range.ts';
import { formatDestination, type Destination } from './packet.ts';
import type { ExplainWorld } from './world.ts';

type World = Pick<ExplainWorld, 'desired'>;

/** The port range that a destination is in; no port is in one that has a virtual server of its own. */
export function rangeAt(
  { address, protocol, port }: Destination,
  { desired }: World,
): MarkedRange | undefined {
  return desired
    .portRangesAt(address)
    .find((range) => range.protocol === protocol && holdsPort(range, port));
}

/** The virtual server that would take a packet: the one for its mark, or that of its address and port. */
export function virtualServerAt(to: Destination, world: World): string {
  const range = rangeAt(to, world);
  return range === undefined
    ? formatDestination(to)
    : formatVirtualServer({
        kind: 'fwmark',
        family: to.address.family,
        fwmark: range.mark,
      });
}
