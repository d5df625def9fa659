import type { AddressClient } from '../addresses/client.ts';
import type { SetClient } from '../ipset/client.ts';
import type { FilterEntry } from '../packet-filter/filter-entry.ts';
import type { IpSet, SetOperation } from '../ipset/model.ts';
import type { IpvsClient } from '../ipvs/client.ts';
import type { Operation } from '../ipvs/model.ts';
import { readTable } from '../ipvs/read-table.ts';
import { allSets, setOf } from '../masquerade/sets.ts';
import type { IpAddress, IpFamily } from '../net/ip-address.ts';
import { addressesOfLink } from '../reconcile/bound-address-difference.ts';
import { kubeProxyClusterIps, kubeProxyVips } from '../takeover/kube-proxy-names.ts';
import { findCaptured, type CandidateAddress } from './find-captured.ts';

/** The parts of the kernel that lead packets to a VIP. */
export interface CapturingKernel {
  readonly ipvs: IpvsClient;
  readonly addresses: AddressClient;
  readonly sets: SetClient;
  readonly families: readonly IpFamily[];
}

/** What makes an address somebody else's; undefined where nothing does. */
export type OthersAt = (address: IpAddress) => Pick<CandidateAddress, 'apiServerPorts'> | undefined;

/**
 * Unbinds addresses that are somebody else's, with our virtual servers and set entries for them: an
 * address of the API server that is bound here keeps the list away that would say so. Returns what was
 * unbound. Rejects with NetlinkError, and the error of an operation that failed.
 */
export async function releaseCaptured(
  kernel: CapturingKernel,
  othersAt: OthersAt,
): Promise<readonly IpAddress[]> {
  const { addresses: client, ipvs, sets } = kernel;
  const link = await client.findVipLink();
  if (link === undefined) {
    return [];
  }
  const bound = addressesOfLink(await client.addresses(), link.index);
  const candidates = [...bound.values()].flatMap((observed) => {
    const others = othersAt(observed.address);
    return others === undefined ? [] : [{ ...observed, ...others }];
  });
  if (candidates.length === 0) {
    return [];
  }
  const { addresses, virtualServers } = findCaptured(candidates, {
    clusterIps: await readClusterIps(kernel),
    kubeProxyVips: (await readAll(sets, kernel.families.map(kubeProxyVips))) ?? new Set(),
    virtualServers: (await readTable(ipvs)).values(),
  });
  throwFirst(
    await client.execute(
      link.index,
      addresses.map((address) => ({ kind: 'unbind', address })),
    ),
  );
  throwFirst(
    await ipvs.execute(
      virtualServers.map((id): Operation => ({ kind: 'delete virtual server', id })),
    ),
  );
  await forgetInSets(kernel, new Set(addresses.map(({ text }) => text)));
  return addresses;
}

function readClusterIps({
  sets,
  families,
}: CapturingKernel): Promise<ReadonlySet<string> | undefined> {
  const both = families.flatMap((family) => [
    setOf('cluster', family),
    kubeProxyClusterIps(family),
  ]);
  return readAll(sets, both);
}

/** The addresses in some sets; undefined where none of the sets is there. */
async function readAll(
  sets: SetClient,
  names: readonly IpSet[],
): Promise<ReadonlySet<string> | undefined> {
  let found: Set<string> | undefined;
  for (const set of names) {
    const entries = await entriesOf(sets, set);
    if (entries !== undefined) {
      const texts = entries.flatMap((entry) => (entry.kind === 'port' ? [] : [entry.address.text]));
      found = new Set([...(found ?? []), ...texts]);
    }
  }
  return found;
}

/** Undefined as well where the kernel has no sets at all, and then there are none of ours. */
function entriesOf(sets: SetClient, set: IpSet): Promise<readonly FilterEntry[] | undefined> {
  return sets.entries(set).catch(() => undefined);
}

/** A process of the node would still be refused there, or kept out by source ranges. */
async function forgetInSets(
  { sets, families }: CapturingKernel,
  addresses: ReadonlySet<string>,
): Promise<void> {
  const operations: SetOperation[] = [];
  for (const set of addresses.size === 0 ? [] : allSets(families)) {
    for (const entry of (await entriesOf(sets, set)) ?? []) {
      if (entry.kind !== 'port' && addresses.has(entry.address.text)) {
        operations.push({ kind: 'delete entry', set, entry });
      }
    }
  }
  throwFirst(await sets.execute(operations));
}

function throwFirst(outcomes: readonly (Error | undefined)[]): void {
  const error = outcomes.find((outcome) => outcome !== undefined);
  if (error !== undefined) {
    throw error;
  }
}
