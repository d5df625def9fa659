import type { Settings } from '../config/settings.ts';
import { lookForKubeProxy } from '../kernel/takeover/kube-proxy-seen.ts';
import {
  describeFound,
  findKubeProxy,
  removeKubeProxy,
} from '../kernel/takeover/remove-kube-proxy.ts';
import { withKubeProxyKernel } from '../kernel/takeover/with-kube-proxy-kernel.ts';
import type { ReportEvents } from '../serve/events/report-events.ts';
import type { ProxyHealth } from '../serve/health/proxy-health.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { TakeOver } from './take-over.ts';

/** The take-over that the configuration asks for; undefined where it is done by hand. */
export function openTakeOver(
  { settings, kernel, listener }: Pick<DaemonParts, 'settings' | 'kernel' | 'listener'>,
  health: ProxyHealth,
  events: ReportEvents,
): TakeOver | undefined {
  if (settings.takeOver === 'manual') {
    return undefined;
  }
  return new TakeOver(
    {
      isReady: () => health.healthy && kernel.reconciler.foundations.waitingFor().length === 0,
      look: () => lookForKubeProxy(addressesOf(settings)),
      remove: removeAll,
    },
    {
      waits: ({ how }) => {
        listener.info(
          `kube-proxy runs on this node (${how}): what it has made stays until it is gone`,
        );
      },
      done: (removed, isCertain) => {
        if (removed.length === 0) {
          listener.info('kube-proxy has left nothing on this node');
          return;
        }
        const known = isCertain ? '' : '; the processes of the node are hidden, its ports told';
        const message = `removed what kube-proxy had left (${removed.length} objects): none was seen for a minute${known}`;
        listener.info(message, { removed: removed.slice(0, mostNamed) });
        events.kubeProxyRemoved(message);
      },
      failed: (error) => {
        listener.error(`what kube-proxy has left could not be removed yet: ${error.message}`);
      },
    },
  );
}

/** A node may have had tens of thousands of chains. */
const mostNamed = 100;

function addressesOf({ healthzBindAddress: health, metricsBindAddress: metrics }: Settings) {
  return { health, metrics };
}

function removeAll(): Promise<readonly string[]> {
  return withKubeProxyKernel(async (kernel) => {
    const found = await findKubeProxy(kernel);
    await removeKubeProxy(kernel, found);
    return describeFound(found);
  });
}
