import {
  everything,
  parseAddressFilter,
  type AddressFilter,
  type ServiceFilter,
} from '../../inspect/service-query.ts';
import { parseServiceKey } from '../../cluster/names.ts';

/** The options by which `show` leaves things out. */
export interface FilterOptions {
  readonly namespace?: string;
  /** `default/web`, or `web` of the namespace; see `parseServiceName`. */
  readonly service?: string;
  readonly address?: AddressFilter;
  readonly problems: boolean;
}

/** What the options of `show` ask for. */
export function filterOf({ namespace, service, address, problems }: FilterOptions): ServiceFilter {
  return {
    ...everything,
    namespace: service === undefined ? namespace : undefined,
    // In a namespace that none can have, there is no such Service.
    service: service === undefined ? undefined : (parseServiceKey(service, namespace) ?? service),
    address,
    problems,
  };
}

/** Whether options leave anything out. */
export function isFiltered({ namespace, service, address, problems }: FilterOptions): boolean {
  return namespace !== undefined || service !== undefined || address !== undefined || problems;
}

/** `default/web`, or `web` for the namespace of `--namespace`, else `default`. Throws where it is neither. */
export function parseServiceName(text: string): string {
  if (parseServiceKey(text) === undefined) {
    throw new Error('It must be the name of a Service: default/web, or web.');
  }
  return text;
}

/** Throws where the text is no address. */
export function parseAddress(text: string): AddressFilter {
  const address = parseAddressFilter(text);
  if (address === undefined) {
    throw new Error('It must be an IP address, with or without a port: 10.96.0.1 or 10.96.0.1:80.');
  }
  return address;
}
