import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { NftClient } from '../../src/kernel/nf-tables/client.ts';
import { TableFoundation } from '../../src/kernel/packet-filter/nftables/foundation.ts';
import { ip6tables, iptables } from './iptables-variant.ts';
import { ipvsadm, shownTable, sorted, type ShownVirtualServer } from './ipvsadm.ts';
import { runCommand } from './run-command.ts';

/** What the kernel holds, as ipvsadm and ip show it: a second opinion that shares no code with ours. */
export interface ShownKernel {
  readonly virtualServers: readonly ShownVirtualServer[];
  /** The addresses on `kube-ipvs0` with their prefix lengths, by text; empty without that link. */
  readonly boundAddresses: readonly string[];
}

/** Counters of a virtual server; the kernel brings them up to date every two seconds. */
export interface ShownStatistics {
  readonly connections: number;
  readonly packetsIn: number;
}

/** Runs one line of a shell. */
export function shell(line: string): Promise<string> {
  return runCommand('sh', '-ec', line);
}

/** Takes everything out of the kernel that a test may have put there, our own and foreign. */
export async function emptyKernel(): Promise<void> {
  await ipvsadm('-C');
  await shell('! ip link show dev kube-ipvs0 >/dev/null 2>&1 || ip link delete kube-ipvs0');
}

/**
 * Takes all rules and sets away, whoever has made them: what a program in this process, or started by
 * a test before, has left refuses connections, and holds modules.
 */
export async function emptyPacketFilter(): Promise<void> {
  // Nobody else can delete a table that has an owner, or had one.
  const client = new NftClient();
  const removal = { local: { kind: 'none' }, masqueradeAll: false } as const;
  await new TableFoundation(client, ['IPv4', 'IPv6'], removal, { note: () => undefined }).remove();
  client.close();
  const lines = [iptables, ip6tables].flatMap((program) =>
    ['mangle', 'nat', 'filter', 'security'].map(
      (table) => `${program} -t ${table} -F 2>/dev/null; ${program} -t ${table} -X 2>/dev/null`,
    ),
  );
  await shell(`set +e; ${lines.join('; ')}; ipset destroy 2>/dev/null; true`);
}

export async function shownKernel(): Promise<ShownKernel> {
  return { virtualServers: await shownTable(), boundAddresses: await boundAddresses() };
}

/** All of it word for word, foreign things and marks too: for "exactly as it was before". */
export async function kernelText(): Promise<string> {
  return `${await ipvsadm('-Sn')}\n${await runCommand('ip', '-details', 'addr', 'show')}`;
}

/** Waits until the kernel shows what is expected; fails with the difference after `limitMs`. */
export async function kernelBecomes(expected: ShownKernel, limitMs = 5000): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const shown = await shownKernel();
    try {
      assert.deepEqual(shown, expected);
      return;
    } catch (error) {
      if (performance.now() > deadline) {
        throw error;
      }
    }
    await delay(50);
  }
}

/** The counters of a TCP virtual server `10.96.0.1:80`. */
export async function statisticsOf(address: string): Promise<ShownStatistics> {
  const text = await ipvsadm('-Ln', '--stats', '--exact', '-t', address);
  const words = text
    .split('\n')
    .find((line) => line.startsWith('TCP'))
    ?.split(/\s+/);
  return { connections: Number(words?.[2]), packetsIn: Number(words?.[3]) };
}

/** Waits until the kernel has counted so many connections of a TCP virtual server. */
export async function connectionsCounted(address: string, count: number): Promise<ShownStatistics> {
  const deadline = performance.now() + 6000;
  for (;;) {
    const statistics = await statisticsOf(address);
    if (statistics.connections >= count) {
      return statistics;
    }
    assert.ok(performance.now() < deadline, `${address} counts ${statistics.connections}`);
    await delay(100);
  }
}

/** Whether this VIP (`10.96.0.1`) is bound. It is so last: until then there is no way to it. */
export async function isBound(vip: string): Promise<boolean> {
  return (await boundAddresses()).some((address) => address.startsWith(`${vip}/`));
}

async function boundAddresses(): Promise<string[]> {
  const lines = (await runCommand('ip', '-o', 'addr', 'show')).split('\n');
  const addresses = lines.flatMap((line) => {
    const [, address] = /^\d+: kube-ipvs0 +inet6? (\S+) /.exec(line) ?? [];
    return address === undefined ? [] : [address];
  });
  return sorted(addresses, (address) => address);
}
