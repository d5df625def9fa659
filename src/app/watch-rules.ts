import type { RuleWatch } from '../kernel/packet-filter/packet-filter.ts';
import type { Controller } from './controller.ts';
import type { DaemonParts } from './daemon-parts.ts';

/** Has the rules of the packet filter put in place again as soon as somebody takes them away. */
export function watchRules(
  { kernel: { packetFilter }, metrics, listener }: DaemonParts,
  controller: Controller,
): RuleWatch {
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
