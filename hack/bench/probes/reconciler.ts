import { IpvsClient } from '../../../src/kernel/ipvs/client.ts';
import { netlinkProtocol } from '../../../src/kernel/netlink/protocol.ts';
import { DesiredState } from '../../../src/desired/desired-state.ts';
import { KindTable } from '../../../src/reconcile/kind-table.ts';
import { PlaceMap } from '../../../src/reconcile/place-map.ts';
import { Reconciler } from '../../../src/reconcile/reconciler.ts';
import type { DesiredFrontEnd } from '../../../src/translate/desired.ts';
import { VirtualServerKind } from '../../../src/kernel/ipvs/virtual-server-kind.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { Stopwatch } from '../stopwatch.ts';
import { fillAndAudit, type FirstSyncTimes } from './fill-and-audit.ts';
import { readCluster, translateCluster } from './input.ts';
import { timedKind, timedTransport } from './timed-kind.ts';

/**
 * Virtual and real servers alone, through the loop: from the translated Services to an audit
 * that has filled the empty kernel.
 */
export async function reconciler(input: ProbeInput): Promise<Reading> {
  const { beganAt, endedAt } = await firstSync(input, undefined);
  return { ms: endedAt - beganAt };
}

/** The same with its parts, which to time takes some time too: each look at the clock is a system call. */
export async function reconcilerInParts(input: ProbeInput): Promise<Reading> {
  const stopwatch = new Stopwatch();
  const { beganAt, filledAt, endedAt } = await firstSync(input, stopwatch);
  const kernel = stopwatch.total('kernel');
  const list = stopwatch.total('virtual server: list');
  const apply = stopwatch.total('virtual server: apply');
  return {
    ms: endedAt - beganAt,
    'fill the desired table': filledAt - beganAt,
    'read the kernel': list,
    'differences and bookkeeping': endedAt - filledAt - list - apply,
    'encode, answers': apply - kernel,
    kernel,
  };
}

async function firstSync(
  { folder }: ProbeInput,
  stopwatch: Stopwatch | undefined,
): Promise<FirstSyncTimes> {
  const translations = new Map(
    Array.from(translateCluster(await readCluster(folder)), ([key, translation]) => [
      key,
      { ...translation, boundAddresses: [] },
    ]),
  );
  const ipvs = await IpvsClient.connect(
    {},
    timedTransport(netlinkProtocol.generic, 'kernel', stopwatch),
  );
  const table = new KindTable(timedKind(new VirtualServerKind<DesiredFrontEnd>(ipvs), stopwatch));
  const desired = new DesiredState(table, new PlaceMap());
  const loop = new Reconciler([table]);
  stopwatch?.reset();
  try {
    return await fillAndAudit(desired, loop, translations);
  } finally {
    ipvs.close();
  }
}
