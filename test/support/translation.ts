import type { EndpointSlice, Service } from '../../src/cluster/objects.ts';
import { formatVirtualServer } from '../../src/kernel/ipvs/model.ts';
import type { Translation } from '../../src/translate/desired.ts';
import type { NodeFacts } from '../../src/translate/node-facts.ts';
import {
  translateService,
  type TranslationSettings,
} from '../../src/translate/translate-service.ts';
import { usualDefaults } from '../../src/translate/annotations/annotation.ts';
import { endpoint, ip, slice } from './cluster-objects.ts';
import { placeAt } from './place.ts';

/** A node with two IPv4 addresses and one of IPv6. */
export const nodeAt = placeAt(ip('192.0.2.10'), ip('198.18.0.5'), ip('2001:db8::10'));

/** One ready endpoint on another node. */
export const onePod = [slice([endpoint('10.244.1.1')])];

/** With the scheduler lc where nothing else is configured. */
export function translate(
  of: Service,
  slices: readonly EndpointSlice[] = onePod,
  at: NodeFacts = nodeAt,
  settings: Partial<TranslationSettings> = {},
): Translation {
  return translateService(of, slices, at, {
    ...usualDefaults,
    scheduler: 'lc',
    externalIPs: undefined,
    loadBalancerIPs: undefined,
    protectedRanges: [],
    ...settings,
  });
}

/** `TCP 10.96.0.1:80 -> 10.244.1.1:8080 10.244.1.2:8080` */
export function routes({ virtualServers }: Translation): string[] {
  return virtualServers.map(
    ({ virtualServer: { id, realServers } }) =>
      `${formatVirtualServer(id)} -> ${[...realServers.keys()].join(' ')}`,
  );
}
