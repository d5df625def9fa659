/** The errno's name, or `other` for an error that bears none. */
export function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'other';
}
