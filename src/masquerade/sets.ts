import type { IpSet, SetEntry, SetType } from '../ipset/model.ts';
import type { IpFamily } from '../net/ip-address.ts';
import { setRoles, type SetMember, type SetRole } from '../translate/set-member.ts';

/** `empty` holds nothing, ever: see `chains.ts` for what it is good for. */
export type AnySetRole = SetRole | 'empty';

const typeOf: Readonly<Record<AnySetRole, SetType>> = {
  vip: 'hash:ip',
  cluster: 'hash:ip,port',
  external: 'hash:ip,port',
  local: 'hash:ip,port',
  'node-only': 'hash:ip,port',
  refused: 'hash:ip,port',
  guarded: 'hash:ip,port',
  admitted: 'hash:ip,port,net',
  hairpin: 'hash:ip,port,ip',
  health: 'bitmap:port',
  empty: 'hash:ip',
};

const prefix = 'kube-ipvs';

/** The set of a role in a family. Ports know no family: that set serves both. */
export function setOf(role: AnySetRole, family: IpFamily): IpSet {
  const type = typeOf[role];
  return type === 'bitmap:port'
    ? { name: `${prefix}-${role}`, type, family: 'IPv4' }
    : { name: `${prefix}-${role}-${family === 'IPv4' ? 4 : 6}`, type, family };
}

/** All sets that the chains of these families look into. */
export function allSets(families: readonly IpFamily[]): readonly IpSet[] {
  const sets = families.flatMap((family) =>
    [...setRoles, 'empty' as const].map((role) => setOf(role, family)),
  );
  return [...new Map(sets.map((set) => [set.name, set])).values()];
}

/** Where a member belongs. */
export function setOfMember({ role, entry }: SetMember): IpSet {
  return setOf(role, familyOf(entry));
}

function familyOf(entry: SetEntry): IpFamily {
  return entry.kind === 'port' ? 'IPv4' : entry.address.family;
}
