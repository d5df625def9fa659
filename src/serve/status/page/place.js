/** So many Services are on a page. */
export const pageSize = 50;

/** Where somebody is: kept in the address, so that it can be sent to others, and survives a reload. */
export const place = {
  q: '',
  problems: false,
  offset: 0,
  problemsOffset: 0,
  /** @type {Set<string>} */
  open: new Set(),
};

/** Takes the place over from the address. */
export function readPlace() {
  const query = new URLSearchParams(location.hash.slice(1));
  place.q = query.get('q') ?? '';
  place.problems = query.get('problems') === 'true';
  place.offset = Math.max(0, Number.parseInt(query.get('offset') ?? '0', 10) || 0);
  place.open = new Set(query.getAll('open'));
}

/** Puts the place into the address. */
export function writePlace() {
  const query = new URLSearchParams();
  if (place.q !== '') {
    query.set('q', place.q);
  }
  if (place.problems) {
    query.set('problems', 'true');
  }
  if (place.offset > 0) {
    query.set('offset', String(place.offset));
  }
  for (const key of place.open) {
    query.append('open', key);
  }
  const text = query.toString();
  window.history.replaceState(null, '', text === '' ? location.pathname : `#${text}`);
}

/** The query for the Services of the place. */
export function servicesQuery() {
  const query = new URLSearchParams({ limit: String(pageSize), offset: String(place.offset) });
  query.set('q', place.q);
  query.set('problems', String(place.problems));
  return query.toString();
}
