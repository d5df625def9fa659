import type { ObjectKey } from '../cluster/objects.ts';
import type { NodeTroubles } from '../inspect/node-troubles.ts';
import type { ReportEvents } from '../serve/events/report-events.ts';
import type { HealthCheckOptions } from '../serve/health/health-check-servers.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { healthCheckTrouble } from './node-trouble-texts.ts';

/** How the log, metrics, Events and what is shown hear that a health-check node port is taken. */
export function healthCheckNews(
  { metrics, listener, store }: Pick<DaemonParts, 'metrics' | 'listener' | 'store'>,
  events: ReportEvents,
  troubles: NodeTroubles,
): Pick<HealthCheckOptions, 'failed' | 'mended'> {
  return {
    failed: (service, port, error) => {
      const message = `the health-check node port cannot be served: ${error.message}`;
      metrics.health.bindFailed('health check');
      listener.error(message, { service, port });
      const regarding = store.service(service);
      if (regarding !== undefined) {
        events.healthCheckPort(regarding, message);
      }
      troubles.begin(subjectOf(service), healthCheckTrouble(service, port, message));
    },
    mended: (service) => {
      troubles.end(subjectOf(service));
    },
  };
}

function subjectOf(service: ObjectKey): string {
  return `health check of ${service}`;
}
