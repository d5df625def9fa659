import type { Operation } from '../../src/kernel/ipvs/model.ts';
import type {
  DesiredVirtualServer,
  ObservedVirtualServer,
} from '../../src/kernel/ipvs/virtual-server-difference.ts';
import { BackOff } from '../../src/reconcile/back-off.ts';
import type { StepReport } from '../../src/reconcile/any-kind-table.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import { ip } from './cluster-objects.ts';
import { FakeKind } from './fake-kind.ts';
import { realServers, frontEnd } from './rows.ts';

/** Two rows, with their keys. */
export const web = frontEnd({ realServers: realServers('10.244.1.1') });
export const webKey = 'TCP 10.96.0.1:80';
export const other = frontEnd({ address: ip('10.96.0.2') });
export const otherKey = 'TCP 10.96.0.2:80';

/** A table over the toy kind; failures wait for 100 ms to 1 s. */
export function setUpTable(): {
  /** Every change that the kernel was asked for. */
  readonly log: string[];
  readonly kernel: FakeKind;
  readonly table: Table;
} {
  const kernel = new FakeKind();
  const table = new KindTable(kernel, new BackOff({ firstMs: 100, longestMs: 1000 }));
  return { log: kernel.log, kernel, table };
}

type Table = KindTable<DesiredVirtualServer, ObservedVirtualServer, Operation>;

/** What the loop does with one table in one round. */
export async function round(table: Table, nowMs: number): Promise<StepReport> {
  const reread = await table.reread(nowMs);
  const added = await table.applyAdditions(nowMs);
  const removed = await table.applyRemovals(nowMs);
  return {
    applied: added.applied + removed.applied,
    failures: [...reread, ...added.failures, ...removed.failures],
  };
}
