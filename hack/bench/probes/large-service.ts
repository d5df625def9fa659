import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { moreEndpointAddress } from '../synthetic-cluster.ts';
import { quiet } from './change.ts';
import { LoadedController } from './loaded-controller.ts';
import { countMessages } from './message-counter.ts';

/** One more endpoint for a Service with `endpoints` of them: the messages that it takes. */
export async function largeService(input: ProbeInput): Promise<Reading> {
  const loaded = await LoadedController.start(input);
  try {
    await quiet();
    const slice = loaded.slice(0, [moreEndpointAddress(0)]);
    let ms = Number.NaN;
    const sent = await countMessages(async () => {
      const programmed = loaded.nextProgrammed();
      loaded.store.setSlice(slice, performance.now());
      ms = await programmed;
      await quiet();
    });
    return { messages: sent.all, 'NEW_DEST messages': sent.newRealServers, ms };
  } finally {
    await loaded.stop();
  }
}
