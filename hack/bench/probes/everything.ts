import { AddressClient } from '../../../src/kernel/vip-link/client.ts';
import { SetClient } from '../../../src/kernel/ipset/client.ts';
import { IpvsClient } from '../../../src/kernel/ipvs/client.ts';
import { ipFamilies } from '../../../src/kernel/ip-families.ts';
import type { DesiredFrontEnd } from '../../../src/translate/desired.ts';
import { memberKey } from '../../../src/kernel/packet-filter/iptables/member-key.ts';
import { SetEntryKind } from '../../../src/kernel/packet-filter/iptables/set-kind.ts';
import { netlinkProtocol } from '../../../src/kernel/netlink/protocol.ts';
import { BoundAddressKind } from '../../../src/kernel/vip-link/bound-address-kind.ts';
import { DesiredState } from '../../../src/desired/desired-state.ts';
import { KindTable } from '../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../src/reconcile/reconciler.ts';
import { VirtualServerKind } from '../../../src/kernel/ipvs/virtual-server-kind.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { Stopwatch } from '../stopwatch.ts';
import { fillAndAudit } from './fill-and-audit.ts';
import { readCluster, translateCluster } from './input.ts';
import { timedKind, timedTransport } from './timed-kind.ts';

const kinds = {
  sets: 'set entry',
  IPVS: 'virtual server',
  addresses: 'bound address',
} as const;

/**
 * All that a first sync does to the kernel, put together as src/app/kernel.ts does: from the
 * translated Services to an audit that has made and filled the sets, programmed virtual and real
 * servers, and bound the VIPs on kube-ipvs0. What comes before (reading the objects, translating
 * them) is timed apart. The chains are not here: they do not depend on Services.
 */
export async function everything(input: ProbeInput): Promise<Reading> {
  const { startedAt, readAt, translatedAt, beganAt, endedAt } = await firstSync(input, undefined);
  return {
    ms: endedAt - beganAt,
    'read and parse': readAt - startedAt,
    translate: translatedAt - readAt,
    'from objects to kernel': translatedAt - startedAt + endedAt - beganAt,
  };
}

/** The same with its parts, which to time takes some time too: each look at the clock is a system call. */
export async function everythingInParts(input: ProbeInput): Promise<Reading> {
  const stopwatch = new Stopwatch();
  const { beganAt, filledAt, endedAt } = await firstSync(input, stopwatch);
  return {
    ms: endedAt - beganAt,
    'fill the desired tables': filledAt - beganAt,
    ...auditParts((part) => stopwatch.total(part), endedAt - filledAt),
  };
}

async function firstSync({ folder }: ProbeInput, stopwatch: Stopwatch | undefined) {
  const startedAt = performance.now();
  const cluster = await readCluster(folder);
  const readAt = performance.now();
  const translations = translateCluster(cluster);
  const translatedAt = performance.now();
  const kernel = await openKinds(stopwatch);
  stopwatch?.reset();
  try {
    const times = await fillAndAudit(kernel.desired, kernel.loop, translations);
    return { startedAt, readAt, translatedAt, ...times };
  } finally {
    kernel.close();
  }
}

async function openKinds(stopwatch: Stopwatch | undefined) {
  const { generic, route, netfilter } = netlinkProtocol;
  const ipvs = await IpvsClient.connect({}, timedTransport(generic, 'IPVS', stopwatch));
  const addresses = new AddressClient({}, timedTransport(route, 'addresses', stopwatch));
  const sets = new SetClient({}, timedTransport(netfilter, 'sets', stopwatch));
  const entries = Object.assign(
    new KindTable(timedKind(new SetEntryKind(sets, ipFamilies()), stopwatch)),
    { keyOf: memberKey },
  );
  const virtualServers = new KindTable(
    timedKind(new VirtualServerKind<DesiredFrontEnd>(ipvs), stopwatch),
  );
  const boundAddresses = new KindTable(timedKind(new BoundAddressKind(addresses), stopwatch));
  return {
    desired: new DesiredState(virtualServers, boundAddresses, entries),
    loop: new Reconciler([entries, virtualServers, boundAddresses]),
    close() {
      ipvs.close();
      addresses.close();
      sets.close();
    },
  };
}

/** The parts of the audit; what no kind does itself is differences and bookkeeping. */
function auditParts(total: (part: string) => number, audit: number): Reading {
  const parts: Record<string, number> = {};
  let inKinds = 0;
  for (const [kind, name] of Object.entries(kinds)) {
    const [list, apply, kernel] = [total(`${name}: list`), total(`${name}: apply`), total(kind)];
    inKinds += list + apply;
    parts[`${kind}: read, encode, answers`] = list + apply - kernel;
    parts[`${kind}: kernel`] = kernel;
  }
  return { 'differences and bookkeeping': audit - inKinds, ...parts };
}
