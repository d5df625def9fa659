import { IpvsClient } from '../../kernel/ipvs/client.ts';
import { readTable, type ListedVirtualServer } from '../../kernel/ipvs/read-table.ts';
import { SetClient } from '../../kernel/ipset/client.ts';
import type { NftClient } from '../../kernel/nf-tables/client.ts';
import { withNftClient } from '../../kernel/nf-tables/with-client.ts';
import {
  Iptables,
  IptablesError,
  runProgram,
  type IptablesVariant,
  type RunProgram,
} from '../../kernel/packet-filter/iptables/iptables.ts';
import { legacyTables } from '../../kernel/packet-filter/iptables/legacy-rules.ts';
import type { Leftovers } from '../../kernel/takeover/leftovers.ts';
import { readLeftovers } from '../../kernel/takeover/read-leftovers.ts';
import { withKubeProxyKernel } from '../../kernel/takeover/with-kube-proxy-kernel.ts';
import { AddressClient } from '../../kernel/vip-link/client.ts';
import type { IpFamily } from '../../net/ip-address.ts';
import type { ModuleState, NodeReaders, RulesReading } from '../readers.ts';
import { exists } from './files.ts';
import { once, onceEach } from './once.ts';

type KernelReaders = Pick<
  NodeReaders,
  | 'links'
  | 'addresses'
  | 'virtualServers'
  | 'ipvsLeftovers'
  | 'setNames'
  | 'rules'
  | 'nftTables'
  | 'nftBaseChains'
>;

const noLeftovers: Leftovers = { virtualServers: [], boundAddresses: [] };

/**
 * What the kernel holds. The kernel loads IPVS, ipset and nf_tables when they are asked for: where they
 * are not loaded there is nothing to be read, and nobody asks.
 */
export function kernelReaders(
  families: readonly IpFamily[],
  module: (name: string) => Promise<ModuleState>,
  run: RunProgram = runProgram,
): KernelReaders {
  const isIpvsLoaded = once(() => exists('/proc/net/ip_vs'));
  const holds = async (name: string): Promise<boolean> => (await module(name)) === 'present';
  const ifNftHolds = async <T>(
    read: (client: NftClient) => Promise<readonly T[]>,
  ): Promise<readonly T[]> => ((await holds('nf_tables')) ? withNftClient(read) : []);
  return {
    links: once(() => withAddresses((client) => client.links())),
    addresses: once(() => withAddresses((client) => client.addresses())),
    virtualServers: once(async () => ((await isIpvsLoaded()) ? readVirtualServers() : undefined)),
    ipvsLeftovers: once(async () =>
      (await isIpvsLoaded()) && (await holds('ip_set'))
        ? withKubeProxyKernel(readLeftovers, families)
        : noLeftovers,
    ),
    setNames: once(async () => ((await holds('ip_set')) ? readSetNames() : new Set<string>())),
    nftTables: once(() => ifNftHolds((client) => client.tables())),
    nftBaseChains: once(() => ifNftHolds((client) => client.baseChains())),
    rules: (
      (read) => (family: IpFamily, variant: IptablesVariant) =>
        read(`${family} ${variant}`)
    )(
      onceEach((key) => {
        const [family, variant] = key.split(' ');
        return readRules(
          new Iptables(
            family === 'IPv6' ? 'IPv6' : 'IPv4',
            variant === 'nft' ? 'nft' : 'legacy',
            run,
          ),
          module,
        );
      }),
    ),
  };
}

/** What holds the rules of a variant; the legacy one says itself which of its tables are there. */
async function readRules(
  iptables: Iptables,
  module: (name: string) => Promise<ModuleState>,
): Promise<RulesReading> {
  if (iptables.variant === 'nft') {
    const state = await module('nf_tables');
    if (state !== 'present') {
      return { kind: state === 'unknown' ? 'not told' : 'not loaded' };
    }
  } else {
    if (!(await exists(legacyTables[iptables.family]))) {
      return { kind: 'not loaded' };
    }
  }
  try {
    return { kind: 'rules', text: await iptables.save() };
  } catch (error) {
    if (error instanceof IptablesError) {
      return { kind: 'failed', reason: error.message };
    }
    throw error;
  }
}

async function withAddresses<T>(read: (client: AddressClient) => Promise<T>): Promise<T> {
  const client = new AddressClient();
  try {
    return await read(client);
  } finally {
    client.close();
  }
}

async function readVirtualServers(): Promise<ReadonlyMap<string, ListedVirtualServer>> {
  const client = await IpvsClient.connect();
  try {
    return await readTable(client);
  } finally {
    client.close();
  }
}

async function readSetNames(): Promise<ReadonlySet<string>> {
  const sets = new SetClient();
  try {
    return await sets.names();
  } finally {
    sets.close();
  }
}
