import { ServiceClaims, type DesiredState } from '../../../src/desired/desired-state.ts';
import type { Reconciler } from '../../../src/reconcile/reconciler.ts';
import type { Translation } from '../../../src/translate/desired.ts';
import { collectGarbage } from './collect-garbage.ts';
import { requireSuccess } from './input.ts';

/** When the parts of a first sync were done, as `performance.now` tells it. */
export interface FirstSyncTimes {
  readonly beganAt: number;
  /** The desired tables are filled. */
  readonly filledAt: number;
  /** The kernel holds all of it. */
  readonly endedAt: number;
}

/** The first sync of translated Services. Throws where the kernel refuses something. */
export async function fillAndAudit(
  desired: DesiredState,
  loop: Reconciler,
  translations: ReadonlyMap<string, Translation>,
): Promise<FirstSyncTimes> {
  // What reading and translating have left, and what Node loads at the first look at the clock, is no
  // part of it.
  await collectGarbage();
  performance.now();
  const beganAt = performance.now();
  translations.forEach((translation, service) => {
    desired.replace(new ServiceClaims(service), 0, translation);
  });
  const filledAt = performance.now();
  loop.allowRemovals();
  const report = await loop.audit();
  const endedAt = performance.now();
  requireSuccess(report.failures.map(({ error }) => error));
  return { beganAt, filledAt, endedAt };
}
