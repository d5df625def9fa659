import type { NodeTroubles } from '../inspect/node-troubles.ts';
import type { Ejection, OutlierBook } from '../outliers/outlier-book.ts';
import type { Controller } from './controller.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { OutlierWatch } from './outlier-watch.ts';
import { readingTroubles } from './reading-troubles.ts';

/** The watch for real servers that fail, with who hears of it; nothing is read yet. */
export function openOutlierWatch(
  book: OutlierBook,
  controller: Controller,
  { metrics, listener }: Pick<DaemonParts, 'metrics' | 'listener'>,
  troubles: NodeTroubles,
): OutlierWatch {
  metrics.outliers.watch(book);
  return new OutlierWatch(book, {
    changed: (service) => {
      controller.outliersChanged(service);
    },
    ejected: ({ service, realServer, failing }: Ejection) => {
      metrics.outliers.ejected(failing);
      listener.debug('real server ejected', { service, realServer, failing });
    },
    ...readingTroubles('the counters of real servers that may be ejected', metrics, troubles),
  });
}
