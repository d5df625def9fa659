import type { RuleWatch } from '../kernel/packet-filter/packet-filter.ts';
import type { Controller } from './controller.ts';
import type { DaemonParts } from './daemon-parts.ts';

/** Has rules that others have removed put in place again soon. */
export function watchRules(
  { kernel, listener, metrics }: Pick<DaemonParts, 'kernel' | 'listener' | 'metrics'>,
  controller: Pick<Controller, 'foundationsGone'>,
): RuleWatch {
  const { packetFilter } = kernel;
  return packetFilter.watch({
    gone: () => {
      const names = packetFilter.foundations.map(({ name }) => name);
      metrics.rounds.packetFilterGone();
      controller.foundationsGone(names);
    },
    failed: (error) => {
      listener.info(error.message);
    },
  });
}
