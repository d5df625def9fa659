import type { ObjectKey } from '../cluster/objects.ts';
import { formatVirtualServer } from '../kernel/ipvs/model.ts';
import type { Decision } from '../translate/decisions.ts';
import type { DesiredState } from './desired-state.ts';

/**
 * The decision of a Service's translation, with what only the desired state knows: a front end that the
 * Service would serve is another one's if an older Service claims it.
 */
export function withClaims(
  decision: Decision,
  service: ObjectKey,
  desired: Pick<DesiredState, 'serviceOf'>,
): Decision {
  if (decision.about !== 'front end' || decision.fate.kind !== 'served') {
    return decision;
  }
  const { protocol, frontEnd } = decision;
  if (!('address' in frontEnd)) {
    return decision;
  }
  const { address, port } = frontEnd;
  const holder = desired.serviceOf(
    formatVirtualServer({ kind: 'address', protocol, address, port }),
  );
  return holder === undefined || holder === service
    ? decision
    : { ...decision, fate: { kind: 'claimed by an older Service', service: holder } };
}
