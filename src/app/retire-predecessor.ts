import { textOfGone } from '../kernel/packet-filter/predecessor.ts';
import type { DaemonParts } from './daemon-parts.ts';
import type { OngoingTroubles } from './ongoing-troubles.ts';

/** When this packet filter is in place, the other one that an earlier run has left goes. Never rejects. */
export async function retirePredecessor(
  { kernel, listener }: Pick<DaemonParts, 'kernel' | 'listener'>,
  troubles: OngoingTroubles,
): Promise<void> {
  const retirement = await kernel.retirePredecessor();
  if (retirement.kind === 'gone') {
    listener.info(textOfGone(retirement));
  } else if (retirement.kind === 'left') {
    for (const failure of retirement.failures) {
      if (troubles.continues(failure.key, failure.error.message)) {
        listener.failure(failure);
      }
    }
  }
}
