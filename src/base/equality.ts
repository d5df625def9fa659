/** How the values of each field are compared; a field that is forgotten does not compile. */
export type FieldEquality<T> = {
  readonly [Field in keyof T]-?: (a: T[Field], b: T[Field]) => boolean;
};

/** Whether two values are the same. */
export function same<T>(a: T, b: T): boolean {
  return a === b;
}

/** Whether two objects are the same in every field. */
export function equalityOf<T extends object>(fields: FieldEquality<T>): (a: T, b: T) => boolean {
  // Object.keys gives strings; these are the fields of T alone.
  const names = Object.keys(fields) as (keyof T)[];
  return (a, b) => a === b || names.every((name) => fields[name](a[name], b[name]));
}

/** The same for what may be missing: two that are missing are the same. */
export function optional<T>(equal: (a: T, b: T) => boolean) {
  return (a: T | undefined, b: T | undefined): boolean =>
    a === undefined || b === undefined ? a === b : equal(a, b);
}
