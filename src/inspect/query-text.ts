import type { PageRequest } from './pages.ts';
import {
  everything,
  parseAddressFilter,
  searchWords,
  type ServiceFilter,
} from './service-query.ts';
import { formatEndpoint } from '../net/ip-address.ts';

/** How many items a page has that does not say, and at most. */
export const usualLimit = 50;
export const greatestLimit = 200;

/** What a query asks for, or what is wrong with it. */
export type ReadQuery =
  { readonly filter: ServiceFilter; readonly request: PageRequest } | { readonly mistake: string };

/** A filter and a page as the query of a URL, without its question mark. */
export function queryText(filter: ServiceFilter, { offset, limit, from }: PageRequest): string {
  const { namespace, service, address, problems, search } = filter;
  const query = new URLSearchParams();
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') {
      query.set(name, value);
    }
  };
  set('namespace', namespace);
  set('service', service);
  set('address', address && addressText(address));
  set('problems', problems ? 'true' : undefined);
  set('q', search.join(' '));
  set('offset', offset === 0 ? undefined : String(offset));
  set('limit', String(limit));
  set('from', from?.key);
  set('before', from === undefined || from.before === 0 ? undefined : String(from.before));
  return query.toString();
}

function addressText({ address, port }: NonNullable<ServiceFilter['address']>): string {
  return port === undefined ? address.text : formatEndpoint(address, port);
}

/** Reads the query of a URL; what it does not name chooses nothing out. Pure. */
export function readQuery(query: URLSearchParams): ReadQuery {
  const address = query.get('address') ?? '';
  const parsed = address === '' ? undefined : parseAddressFilter(address);
  if (address !== '' && parsed === undefined) {
    return { mistake: 'address must be an IP address, with or without a port' };
  }
  const [offset, limit] = [numberIn(query, 'offset', 0), numberIn(query, 'limit', usualLimit)];
  const before = numberIn(query, 'before', 0);
  if (offset === undefined || limit === undefined || before === undefined) {
    return { mistake: 'offset, limit and before must be whole numbers' };
  }
  const from = query.get('from');
  return {
    filter: {
      ...everything,
      namespace: textIn(query, 'namespace'),
      service: textIn(query, 'service'),
      address: parsed,
      problems: query.get('problems') === 'true',
      search: searchWords(query.get('q') ?? ''),
    },
    request: {
      offset,
      limit: Math.min(Math.max(limit, 1), greatestLimit),
      ...(from === null ? {} : { from: { key: from, before } }),
    },
  };
}

function textIn(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name) ?? '';
  return text === '' ? undefined : text;
}

function numberIn(query: URLSearchParams, name: string, byDefault: number): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') {
    return byDefault;
  }
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
