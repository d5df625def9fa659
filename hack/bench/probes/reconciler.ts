import { IpvsClient } from '../../../src/ipvs/client.ts';
import { netlinkProtocol } from '../../../src/netlink/protocol.ts';
import { DesiredState } from '../../../src/reconcile/desired-state.ts';
import { KindTable } from '../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../src/reconcile/reconciler.ts';
import { VirtualServerKind } from '../../../src/reconcile/virtual-server-kind.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { Stopwatch } from '../stopwatch.ts';
import { fillAndAudit } from './fill-and-audit.ts';
import { readCluster, translateCluster } from './input.ts';
import { timedKind, timedTransport } from './timed-kind.ts';

/**
 * Virtual and real servers alone, through the loop: from the translated Services to an audit
 * that has filled the empty kernel.
 */
export async function reconciler({ folder }: ProbeInput): Promise<Reading> {
  const translations = translateCluster(await readCluster(folder));
  const stopwatch = new Stopwatch();
  const ipvs = await IpvsClient.connect(
    {},
    timedTransport(netlinkProtocol.generic, 'kernel', stopwatch),
  );
  const table = new KindTable(timedKind(new VirtualServerKind(ipvs), stopwatch));
  const desired = new DesiredState(table, { setDesired: () => undefined });
  const loop = new Reconciler([table]);
  const connected = stopwatch.total('kernel');
  try {
    const { beganAt, filledAt, endedAt } = await fillAndAudit(desired, loop, translations);
    const kernel = stopwatch.total('kernel') - connected;
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
  } finally {
    ipvs.close();
  }
}
