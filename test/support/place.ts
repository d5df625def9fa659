import type { IpAddress } from '../../src/net/ip-address.ts';
import { noOutliers } from '../../src/outliers/outliers.ts';
import type { NodeFacts } from '../../src/translate/node-facts.ts';

/** The node `node-a` in zone z1, without addresses; no address is a VIP. */
export function place(fields: Partial<NodeFacts> = {}): NodeFacts {
  return {
    nodeName: 'node-a',
    zone: 'z1',
    nodeAddresses: new Set(),
    nodePortAddresses: [],
    allNodeAddresses: [],
    missingSchedulers: new Set(),
    isVip: () => false,
    serviceAt: () => undefined,
    ownerOf: () => undefined,
    nodeWeight: () => undefined,
    outliersOf: () => noOutliers,
    markOf: () => undefined,
    ...fields,
  };
}

/** A node with these addresses, of which all answer on node ports. */
export function placeAt(...addresses: readonly IpAddress[]): NodeFacts {
  return place({
    nodeAddresses: new Set(addresses.map(String)),
    nodePortAddresses: addresses,
    allNodeAddresses: addresses,
  });
}
