import { Cidr } from '../net/cidr.ts';
import { IpAddress } from '../net/ip-address.ts';

/**
 * Whether two values that are made of plain objects, lists, Maps and IpAddresses hold
 * the same data. It compares every field there is, so that a field that is added to
 * the objects later on counts without being named here.
 */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) {
    return true;
  }
  const areObjects = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null;
  return areObjects && Object.getPrototypeOf(a) === Object.getPrototypeOf(b) && sameParts(a, b);
}

/** For two objects of the same class. */
function sameParts(a: object, b: object): boolean {
  if (a instanceof IpAddress && b instanceof IpAddress) {
    return a.equals(b);
  }
  if (a instanceof Cidr && b instanceof Cidr) {
    return a.text === b.text;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return sameLists(a, b);
  }
  return a instanceof Map && b instanceof Map ? sameMaps(a, b) : sameFields(a, b);
}

function sameLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((element, index) => sameData(element, b[index]));
}

function sameMaps(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) {
    return false;
  }
  for (const [key, value] of a) {
    if (!b.has(key) || !sameData(value, b.get(key))) {
      return false;
    }
  }
  return true;
}

function sameFields(a: object, b: object): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameData(field(a, key), field(b, key)))
  );
}

function field(object: object, key: string): unknown {
  // An own key of the object: reading it is safe, whatever it holds.
  return (object as Readonly<Record<string, unknown>>)[key];
}
