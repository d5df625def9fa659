/** Whether two objects are the same in a field, for each field; one that is forgotten does not compile. */
export type FieldEquality<T> = {
  readonly [Field in keyof T]-?: (a: T, b: T) => boolean;
};

/**
 * Whether two objects are the same in every field. Each field has a function that names it: to read
 * fields by names in a variable takes ten times as long, and real servers are compared in each change.
 */
export function equalityOf<T extends object>(fields: FieldEquality<T>): (a: T, b: T) => boolean {
  const comparisons = Object.values<(a: T, b: T) => boolean>(fields);
  return (a, b) => {
    if (a === b) {
      return true;
    }
    for (const areSame of comparisons) {
      if (!areSame(a, b)) {
        return false;
      }
    }
    return true;
  };
}

/** The same for what may be missing: two that are missing are the same. */
export function optional<T>(equal: (a: T, b: T) => boolean) {
  return (a: T | undefined, b: T | undefined): boolean =>
    a === undefined || b === undefined ? a === b : equal(a, b);
}

/** The same for lists: of two that are the same each element is, in its place. */
export function sameLists<T>(equal: (a: T, b: T) => boolean) {
  return (a: readonly T[], b: readonly T[]): boolean =>
    a.length === b.length &&
    a.every((element, index) => {
      const other = b[index];
      return other !== undefined && equal(element, other);
    });
}
