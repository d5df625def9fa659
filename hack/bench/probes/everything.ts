import { AddressClient } from '../../../src/kernel/vip-link/client.ts';
import { SetClient } from '../../../src/kernel/ipset/client.ts';
import { IpvsClient } from '../../../src/kernel/ipvs/client.ts';
import { ipFamilies } from '../../../src/kernel/ip-families.ts';
import type { DesiredFrontEnd } from '../../../src/translate/desired.ts';
import { openNftablesFilter } from '../../../src/kernel/packet-filter/nftables/nftables-filter.ts';
import type {
  FilterTable,
  PacketFilterKind,
} from '../../../src/kernel/packet-filter/packet-filter.ts';
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

/** The same with the table of nftables in place of sets of iptables; the table is there, as the chains are. */
export async function everythingWithNftables(input: ProbeInput): Promise<Reading> {
  const { beganAt, endedAt } = await firstSync(input, undefined, 'nftables');
  return { ms: endedAt - beganAt };
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

async function firstSync(
  { folder }: ProbeInput,
  stopwatch: Stopwatch | undefined,
  packetFilter: PacketFilterKind = 'iptables',
) {
  const startedAt = performance.now();
  const cluster = await readCluster(folder);
  const readAt = performance.now();
  const translations = translateCluster(cluster);
  const translatedAt = performance.now();
  const kernel = await openKinds(stopwatch, packetFilter);
  stopwatch?.reset();
  try {
    const times = await fillAndAudit(kernel.desired, kernel.loop, translations);
    return { startedAt, readAt, translatedAt, ...times };
  } finally {
    kernel.close();
  }
}

async function openKinds(stopwatch: Stopwatch | undefined, packetFilter: PacketFilterKind) {
  const { generic, route } = netlinkProtocol;
  const ipvs = await IpvsClient.connect({}, timedTransport(generic, 'IPVS', stopwatch));
  const addresses = new AddressClient({}, timedTransport(route, 'addresses', stopwatch));
  const filter = packetFilter === 'nftables' ? await openTable() : openSets(stopwatch);
  const { entries } = filter;
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
      filter.close();
    },
  };
}

/** What holds the entries that a packet filter looks into. */
interface OpenEntries {
  readonly entries: FilterTable;
  close(): void;
}

function openSets(stopwatch: Stopwatch | undefined): OpenEntries {
  const sets = new SetClient({}, timedTransport(netlinkProtocol.netfilter, 'sets', stopwatch));
  const table = new KindTable(timedKind(new SetEntryKind(sets, ipFamilies()), stopwatch));
  return {
    entries: Object.assign(table, { keyOf: memberKey }),
    close() {
      sets.close();
    },
  };
}

async function openTable(): Promise<OpenEntries> {
  const settings = { masqueradeAll: false, local: { kind: 'none' } } as const;
  const listener = { note: () => undefined, changed: () => undefined };
  const filter = openNftablesFilter(ipFamilies(), settings, listener);
  for (const foundation of filter.foundations) {
    await foundation.ensure();
  }
  return {
    entries: filter.members,
    close() {
      filter.close();
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
