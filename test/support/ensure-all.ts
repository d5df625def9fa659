import { asError } from '../../src/base/as-error.ts';
import type { Foundation } from '../../src/reconcile/foundation.ts';

/** Puts foundations in place one after the other, as an audit does; returns what failed. */
export async function ensureAll(foundations: readonly Foundation[]): Promise<readonly Error[]> {
  const errors: Error[] = [];
  for (const foundation of foundations) {
    await foundation.ensure().catch((error: unknown) => errors.push(asError(error)));
  }
  return errors;
}
