import { readFile } from 'node:fs/promises';
import { output } from './network.ts';

/** A virtual server as the kernel lists it: weights by the real servers' addresses. */
export interface ListedVirtualServer {
  readonly address: string;
  readonly scheduler: string;
  readonly weights: ReadonlyMap<string, number>;
}

/** The kernel's IPVS table, read without starting a process: this is polled. */
export async function readKernelTable(): Promise<readonly ListedVirtualServer[]> {
  return parseTable(await readFile('/proc/net/ip_vs', 'utf8'));
}

/** The rules in the words of ipvsadm, which knows nothing of kube-ipvs; one per line. */
export async function ipvsadmRules(): Promise<readonly string[]> {
  const rules = await output('ipvsadm', ['-Sn']);
  return rules.split('\n').filter((line) => line !== '');
}

/** Reads the IPv4 part of the text of /proc/net/ip_vs. Pure. */
export function parseTable(text: string): readonly ListedVirtualServer[] {
  const table: { address: string; scheduler: string; weights: Map<string, number> }[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const [first = '', second = '', third = '', fourth = ''] = words;
    if (!/^[0-9A-F]{8}:[0-9A-F]{4}$/.test(second)) {
      continue;
    }
    if (first === '->') {
      table.at(-1)?.weights.set(endpointText(second), Number(fourth));
    } else {
      table.push({ address: endpointText(second), scheduler: third, weights: new Map() });
    }
  }
  return table;
}

/** 0A60000A:0050 is 10.96.0.10:80. */
function endpointText(hex: string): string {
  const [a, b, c, d] = [0, 2, 4, 6].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `${a}.${b}.${c}.${d}:${parseInt(hex.slice(9), 16)}`;
}
