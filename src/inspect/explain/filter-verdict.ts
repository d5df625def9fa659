import { frontEndRoles, type FrontEndRole } from '../../kernel/packet-filter/front-end-role.ts';
import type { MarkedRange } from '../../kernel/packet-filter/marked-range.ts';
import { Cidr } from '../../net/cidr.ts';
import { hostPrefixLength, type IpAddress } from '../../net/ip-address.ts';
import type { Origin } from './origin.ts';
import type { Destination } from './packet.ts';
import { rangeAt, virtualServerAt } from './range-at.ts';
import type { ExplainWorld } from './world.ts';

/** What the packet filter is told of a destination, and of a sender at it. */
export interface RolesAt {
  /** Undefined where no Service has a front end there. */
  readonly frontEnd: FrontEndRole | undefined;
  /** The port range that it is in, where it has no virtual server of its own. */
  readonly range: MarkedRange | undefined;
  readonly isVip: boolean;
  readonly isHealthPort: boolean;
  /** Only some sources are let through. */
  readonly isGuarded: boolean;
  /** Whether this source is one of them; undefined where no single host was asked about. */
  readonly isAdmitted: boolean | undefined;
}

/** What the packet filter does with a packet, and the role by which it decides. */
export type FilterVerdict =
  | { readonly kind: 'pass'; readonly role: FrontEndRole | 'health' | undefined }
  | { readonly kind: 'refuse'; readonly role: 'refused' | 'node-only' | 'vip' }
  | { readonly kind: 'drop'; readonly role: 'guarded' };

/** Looks up what the packet filter is told: nothing of it is computed from Services again. */
export function rolesAt(to: Destination, { source }: Origin, world: ExplainWorld): RolesAt {
  const { desired } = world;
  const { address } = to;
  const entry = { kind: 'endpoint', ...to } as const;
  const ordinary = frontEndRoles.find((role) => desired.isMember({ role, entry }));
  const range = ordinary === undefined ? rangeAt(to, world) : undefined;
  const isGuarded =
    range === undefined
      ? desired.isMember({ role: 'guarded', entry })
      : range.sources !== undefined;
  return {
    frontEnd: ordinary ?? range?.role,
    range,
    isVip: isVip(address, world),
    isHealthPort: desired.isMember({ role: 'health', entry: { kind: 'port', port: to.port } }),
    isGuarded,
    isAdmitted: isGuarded ? isLetThrough(to, source, range, world) : true,
  };
}

function isLetThrough(
  to: Destination,
  source: IpAddress | undefined,
  range: MarkedRange | undefined,
  world: ExplainWorld,
): boolean | undefined {
  if (source !== undefined) {
    return range === undefined
      ? isAdmitted(to, source, world)
      : range.sources?.some((admitted) => admitted.contains(source)) === true;
  }
  const holder = world.desired.serviceOf(virtualServerAt(to, world)) ?? '';
  const ranges = world.store.service(holder)?.loadBalancerSourceRanges ?? [];
  // Of a family without ranges nobody is let through, whoever it is.
  return ranges.some(({ family }) => family === to.address.family) ? undefined : false;
}

export function isVip(address: IpAddress, { desired }: ExplainWorld): boolean {
  return desired.isMember({ role: 'vip', entry: { kind: 'address', address } });
}

/** Ranges are looked for as a set of them is: with each length that a prefix may have. */
function isAdmitted(to: Destination, source: IpAddress, { desired }: ExplainWorld): boolean {
  const lengths = Array.from({ length: hostPrefixLength(source.family) }, (_, at) => at + 1);
  return lengths.some((length) => {
    const range = Cidr.parse(`${source.text}/${length}`);
    const kind = 'endpoint and source';
    return (
      range !== undefined &&
      desired.isMember({ role: 'admitted', entry: { kind, ...to, source: range } })
    );
  });
}

/**
 * What becomes of a packet by the roles (docs/masquerade.md). SCTP heeds no ICMP: what is refused is
 * answered by the node itself then, with iptables before source ranges are looked at.
 */
export function filterVerdictOf(
  to: Destination,
  origin: Origin,
  roles: RolesAt,
  { packetFilter }: Pick<ExplainWorld, 'packetFilter'>,
): FilterVerdict {
  const refused = refusalOf(origin, roles.frontEnd);
  const isRefusedFirst =
    refused !== undefined &&
    packetFilter === 'iptables' &&
    to.protocol === 'SCTP' &&
    !origin.isNode;
  if (!isRefusedFirst && isKeptOut(roles)) {
    return { kind: 'drop', role: 'guarded' };
  }
  if (refused !== undefined) {
    return { kind: 'refuse', role: refused };
  }
  if (roles.frontEnd !== undefined) {
    return { kind: 'pass', role: roles.frontEnd };
  }
  if (to.protocol === 'TCP' && roles.isHealthPort) {
    return { kind: 'pass', role: 'health' };
  }
  return roles.isVip ? { kind: 'refuse', role: 'vip' } : { kind: 'pass', role: undefined };
}

function isKeptOut({ frontEnd, isGuarded, isAdmitted }: RolesAt): boolean {
  return frontEnd !== 'cluster' && isGuarded && isAdmitted === false;
}

function refusalOf(
  { isNode, isOutside }: Origin,
  role: FrontEndRole | undefined,
): 'refused' | 'node-only' | undefined {
  if (role === 'refused') {
    return role;
  }
  return role === 'node-only' && isOutside && !isNode ? role : undefined;
}
