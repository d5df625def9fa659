import { objectKey, type ObjectKey, type Service } from '../cluster/objects.ts';
import { IpAddress } from '../net/ip-address.ts';
import { holdsPort } from '../net/port-range.ts';
import { portRanges } from '../translate/annotations/port-ranges.ts';
import { parsePortRanges } from '../translate/requested-port-ranges.ts';

/** Which Services are to be shown; what is undefined chooses none out. */
export interface ServiceFilter {
  readonly namespace: string | undefined;
  /** `default/web` */
  readonly service: ObjectKey | undefined;
  /** A VIP, the address of an endpoint, or one of the node, for its node ports; see `parseAddressFilter`. */
  readonly address: AddressFilter | undefined;
  /** Only those with a problem. */
  readonly problems: boolean;
  /** Words that have to be in the name, or begin an address; all of them. */
  readonly search: readonly string[];
}

export const everything: ServiceFilter = {
  namespace: undefined,
  service: undefined,
  address: undefined,
  problems: false,
  search: [],
};

export interface AddressFilter {
  readonly address: IpAddress;
  readonly port: number | undefined;
}

/** Reads `10.96.0.1`, `10.96.0.1:80`, `fd00::1` or `[fd00::1]:80`; undefined for anything else. */
export function parseAddressFilter(text: string): AddressFilter | undefined {
  const alone = IpAddress.parse(text);
  if (alone !== undefined) {
    return { address: alone, port: undefined };
  }
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const address = IpAddress.parse(parts?.[1] ?? parts?.[2] ?? '');
  const port = Number(parts?.[3]);
  return address === undefined || port > 65_535 ? undefined : { address, port };
}

/** The words of what somebody has typed into a search field; so many at most. */
export function searchWords(text: string): readonly string[] {
  return text.slice(0, longestSearch).toLowerCase().split(/\s+/).filter(isWord).slice(0, mostWords);
}

const longestSearch = 200;
const mostWords = 8;

function isWord(word: string): boolean {
  return word !== '';
}

/** What a filter asks beside the Service itself. */
export interface FilterContext {
  /** Whether an address of the node answers on node ports. */
  isNodePortAddress(address: IpAddress): boolean;
  /** Whether the Service has an endpoint at an address. */
  hasEndpointAt(service: ObjectKey, address: string): boolean;
  hasProblem(service: ObjectKey): boolean;
}

/** Whether a Service is to be shown. Looks at the Service alone: not at its slices, nor at the kernel. */
export function matches(service: Service, filter: ServiceFilter, context: FilterContext): boolean {
  const key = objectKey(service);
  return (
    (filter.namespace === undefined || service.namespace === filter.namespace) &&
    (filter.service === undefined || key === filter.service) &&
    (!filter.problems || context.hasProblem(key)) &&
    filter.search.every((word) => hasWord(service, key, word, context)) &&
    (filter.address === undefined || isAt(service, key, filter.address, context))
  );
}

function hasWord(service: Service, key: ObjectKey, word: string, context: FilterContext): boolean {
  if (key.includes(word)) {
    return true;
  }
  // The text of an address is made when it is asked for: not for each Service where no address is meant.
  return (
    mayBeAddress.test(word) &&
    (vipsOf(service).some(({ text }) => text.startsWith(word)) || context.hasEndpointAt(key, word))
  );
}

/** The beginning of one. */
const mayBeAddress = /^[\da-f]{0,4}[.:][\da-f.:]*$|^\d+$/;

function isAt(
  service: Service,
  key: ObjectKey,
  { address, port }: AddressFilter,
  context: FilterContext,
): boolean {
  if (vipsOf(service).some((vip) => vip.equals(address))) {
    return (
      port === undefined ||
      service.ports.some((each) => each.port === port) ||
      asksForInRange(service, port)
    );
  }
  if (context.isNodePortAddress(address)) {
    return service.ports.some(
      ({ nodePort }) => nodePort !== undefined && (port === undefined || nodePort === port),
    );
  }
  return context.hasEndpointAt(key, address.text);
}

/** Whether a Service asks for a port by a range, at whichever of its addresses. */
function asksForInRange({ annotations }: Service, port: number): boolean {
  const text = annotations.get(portRanges.name);
  const requested = text === undefined ? undefined : parsePortRanges(text);
  return (requested ?? []).some(
    ({ ranges, isAll }) => isAll || ranges.some((range) => holdsPort(range, port)),
  );
}

function vipsOf({ clusterIPs, externalIPs, loadBalancerIPs }: Service): readonly IpAddress[] {
  return externalIPs.length + loadBalancerIPs.length === 0
    ? clusterIPs
    : [...clusterIPs, ...externalIPs, ...loadBalancerIPs];
}
