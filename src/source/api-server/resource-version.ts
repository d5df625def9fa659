const decimal = /^[1-9][0-9]*$/;

/**
 * Whether a resource version is of an earlier state of the same cluster than another
 * one. They compare as numbers (Kubernetes KEP-5504; in practice always so); false
 * where one of them is none.
 */
export function isEarlier(version: string, than: string): boolean {
  if (!decimal.test(version) || !decimal.test(than)) {
    return false;
  }
  return version.length === than.length ? version < than : version.length < than.length;
}
