import type { Service } from '../cluster/objects.ts';
import type { VirtualServerSettings } from '../kernel/ipvs/model.ts';
import { schedulerFlagBits } from '../kernel/ipvs/schedulers.ts';
import { hostPrefixLength, type IpFamily } from '../net/ip-address.ts';
import type { Protocol } from '../net/protocol.ts';
import type { Choices } from './annotations/registry.ts';

/** The settings of a Service's virtual servers of a family and protocol. Pure. */
export function virtualServerSettings(
  { sessionAffinity }: Service,
  { family, protocol }: { readonly family: IpFamily; readonly protocol: Protocol },
  { scheduler, schedulerFlags, onePacket, connectionLimits }: Choices,
): VirtualServerSettings {
  return {
    scheduler,
    schedulerFlags: schedulerFlagBits(schedulerFlags),
    persistence:
      sessionAffinity.kind === 'ClientIP'
        ? {
            timeoutSeconds: sessionAffinity.timeoutSeconds,
            prefixLength: hostPrefixLength(family),
          }
        : undefined,
    onePacket: onePacket && protocol === 'UDP',
    limited: connectionLimits !== undefined,
    owned: true,
  };
}
