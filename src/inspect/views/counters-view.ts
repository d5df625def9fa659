import type { CounterReading } from '../statistics/counters.ts';
import type { CountersView } from './service-view.ts';

/** What was counted, as it is shown; null where nothing was read. */
export function countersView(counted: CounterReading | undefined): CountersView | null {
  return counted === undefined
    ? null
    : { totals: counted.totals, perSecond: counted.perSecond ?? null };
}
