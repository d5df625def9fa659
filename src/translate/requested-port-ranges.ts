import { protocols, type Protocol } from '../net/protocol.ts';
import { allPorts, mergedPorts, type PortRange } from '../net/port-range.ts';
import type { VipKind } from './front-end.ts';

/** The ports that a Service asks for beside those of its spec, for one protocol. */
export interface RequestedPorts {
  readonly protocol: Protocol;
  readonly ranges: readonly PortRange[];
  /** `*`: all ports, and not at the cluster IP unless that is asked for. */
  readonly isAll: boolean;
}

/** What port ranges may be, for those who named others. */
export const allowedPortRanges = `must be such as 10000-20000/UDP, 5060/TCP or */TCP,UDP: ports from ${allPorts.first} to ${allPorts.last}, and the protocol ${protocols.join(', ')}`;

/**
 * Reads `10000-20000/UDP, 5060-5061/TCP` and `*` with `/TCP,UDP`; what has no protocol takes the next one
 * that is named, so that `5000,6000-6010/UDP` are two ranges of UDP. Undefined for anything else.
 */
export function parsePortRanges(text: string): readonly RequestedPorts[] | undefined {
  const words = text.split(',').map((word) => word.trim());
  const found = new Map<Protocol, { ranges: PortRange[]; isAll: boolean }>();
  let ports: (PortRange | 'all')[] = [];
  let isProtocolOpen = false;
  for (const word of words) {
    const protocolAlone = isProtocolOpen ? protocolOf(word) : undefined;
    if (protocolAlone === undefined) {
      if (isProtocolOpen) {
        ports = [];
      }
      const [range = '', protocolText, ...rest] = word.split('/').map((part) => part.trim());
      const read = readPorts(range);
      if (read === undefined || rest.length > 0) {
        return undefined;
      }
      ports.push(read);
      isProtocolOpen = protocolText !== undefined;
      if (protocolText === undefined) {
        continue;
      }
      const protocol = protocolOf(protocolText);
      if (protocol === undefined) {
        return undefined;
      }
      add(found, protocol, ports);
    } else {
      add(found, protocolAlone, ports);
    }
  }
  return isProtocolOpen
    ? protocols.flatMap((protocol) => {
        const of = found.get(protocol);
        return of === undefined
          ? []
          : [{ protocol, ranges: mergedPorts(of.ranges), isAll: of.isAll }];
      })
    : undefined;
}

function add(
  found: Map<Protocol, { ranges: PortRange[]; isAll: boolean }>,
  protocol: Protocol,
  ports: readonly (PortRange | 'all')[],
): void {
  const of = found.get(protocol) ?? { ranges: [], isAll: false };
  found.set(protocol, of);
  for (const one of ports) {
    if (one === 'all') {
      of.isAll = true;
    } else {
      of.ranges.push(one);
    }
  }
}

function protocolOf(word: string): Protocol | undefined {
  const upper = word.toUpperCase();
  return protocols.find((protocol) => protocol === upper);
}

function readPorts(text: string): PortRange | 'all' | undefined {
  if (text === '*') {
    return 'all';
  }
  const [, firstText, lastText] = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(text) ?? [];
  if (firstText === undefined) {
    return undefined;
  }
  const first = Number(firstText);
  const last = Number(lastText ?? firstText);
  return first >= allPorts.first && first <= last && last <= allPorts.last
    ? { first, last }
    : undefined;
}

/** Where port ranges are to be served; undefined where the Service does not say it. */
export type PortRangePlaces = ReadonlySet<VipKind> | undefined;

const placeNames: Readonly<Record<VipKind, string>> = {
  'cluster IP': 'cluster',
  'external IP': 'external',
  'load-balancer IP': 'loadbalancer',
};

export const allowedPortRangePlaces = `must be some of ${Object.values(placeNames).join(', ')}, separated by commas`;

/** Reads `cluster,external,loadbalancer`. Undefined for anything else. */
export function parsePortRangePlaces(text: string): ReadonlySet<VipKind> | undefined {
  const places = new Set<VipKind>();
  for (const word of text.split(',')) {
    const name = word.trim().toLowerCase();
    // Object.entries forgets that the keys are kinds.
    const entries = Object.entries(placeNames) as [VipKind, string][];
    const kind = entries.find(([, one]) => one === name)?.[0];
    if (kind === undefined) {
      return undefined;
    }
    places.add(kind);
  }
  return places;
}

/** The requested ports of a protocol at an address of a kind. */
export function requestedAt(
  { ranges, isAll }: RequestedPorts,
  kind: VipKind,
  places: PortRangePlaces,
): readonly PortRange[] {
  const isPlace = places?.has(kind) ?? true;
  const isPlaceOfAll = places?.has(kind) ?? kind !== 'cluster IP';
  return mergedPorts([...(isPlace ? ranges : []), ...(isAll && isPlaceOfAll ? [allPorts] : [])]);
}
