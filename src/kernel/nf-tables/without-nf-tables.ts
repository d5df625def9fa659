/**
 * What a kernel answers that has no nf_tables, or not of this family, by the errno's name; ENOENT also where it
 * has no such object. EOPNOTSUPP is ENOTSUP for Node.
 */
export const withoutNfTables: ReadonlySet<string> = new Set([
  'EINVAL',
  'ENOENT',
  'ENOTSUP',
  'EPROTONOSUPPORT',
]);
