import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { ip6tables, iptables } from './iptables-variant.ts';
import { shell } from './kernel-state.ts';
import { inHost, type Family, type HostName } from './network.ts';
import { printFilters, tableLines } from './packet-filter.ts';
import { patience } from './patience.ts';

/** All that kube-ipvs may have to do with on a host, word for word, without counters. */
export async function stateOf(host: HostName): Promise<string> {
  return stateIn(await inHost(host, printState));
}

/** The same of where this process itself is. */
export async function ownState(): Promise<string> {
  return stateIn(await shell(printState));
}

/**
 * Takes away what a program or a test has left on a host in IPVS, ipset and iptables, and the VIP link: far
 * faster than another network.
 */
export async function emptyHost(host: HostName): Promise<void> {
  const empty = ['mangle', 'nat', 'filter'].map((table) => `*${table}\\nCOMMIT\\n`).join('');
  await inHost(
    host,
    `printf '${empty}' | ${iptables}-restore; printf '${empty}' | ${ip6tables}-restore
     ipset destroy; ipvsadm -C
     ! ip link show dev kube-ipvs0 >/dev/null 2>&1 || ip link delete kube-ipvs0`,
  );
}

/** Each has a process of its own, and nothing else has: they are slow in the test kernel. */
const printState = `
  ipvsadm -Sn
  echo ==; ip -o addr show${printFilters}`;

function stateIn(printed: string): string {
  const parts = printed.split('==\n');
  const [servers = [], addresses = [], rules = [], rules6 = [], sets = []] = parts.map((part) =>
    part.split('\n').filter((line) => line !== ''),
  );
  return [
    ...rulesWithTables('IPv4', rules),
    ...rulesWithTables('IPv6', rules6),
    ...tableLines(parts.at(-1) ?? ''),
    ...sets.map((line) => line.replace(/ initval .*/, '')).toSorted(),
    ...servers.toSorted(),
    ...addresses.map((line) => line.replace(/ valid_lft.*/, '').replace(/^\d+: /, '')).toSorted(),
  ].join('\n');
}

/**
 * Each rule and chain with its table. Tables and built-in chains that hold nothing are left out:
 * with the nft variant they come with the first rule, and stay.
 */
function rulesWithTables(family: Family, saved: readonly string[]): string[] {
  let table = '';
  return saved.flatMap((line) => {
    if (line.startsWith('*')) {
      table = line;
    }
    const isEmptyBuiltIn = /^:\S+ ACCEPT /.test(line);
    return /^[:-]/.test(line) && !isEmptyBuiltIn
      ? [`${family} ${table} ${line.replace(/ \[\d+:\d+\]$/, '')}`]
      : [];
  });
}

/** Waits until `read` answers this text; after how many milliseconds it did. */
export async function returnsTo(
  expected: string,
  read: () => Promise<string>,
  ms: number,
): Promise<number> {
  const limitMs = ms * patience;
  const startedAt = performance.now();
  for (;;) {
    // The answer is of the moment before it came.
    const elapsed = performance.now() - startedAt;
    const text = await read();
    if (text === expected) {
      return elapsed;
    }
    if (elapsed > limitMs) {
      const [is, was] = [text.split('\n'), expected.split('\n')];
      const difference = [
        ...was.filter((line) => !is.includes(line)).map((line) => `missing: ${line}`),
        ...is.filter((line) => !was.includes(line)).map((line) => `too much: ${line}`),
      ];
      assert.deepEqual(difference, [], `after ${Math.round(elapsed)} ms`);
      assert.fail('the same lines in another order');
    }
    // Reading takes as long, and what repairs has one processor with it.
    await delay(50);
  }
}
