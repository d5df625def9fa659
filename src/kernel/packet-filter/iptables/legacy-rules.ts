import { readFile } from 'node:fs/promises';
import type { IpFamily } from '../../../net/ip-address.ts';
import { Iptables, type RunProgram } from './iptables.ts';

/** The rules of the legacy variant in a family, as its `iptables-save` prints them. */
export interface LegacyRules {
  readonly program: string;
  readonly rules: string;
}

/** The files that name the tables which the legacy variant of iptables has. */
export const legacyTables: Readonly<Record<IpFamily, string>> = {
  IPv4: '/proc/net/ip_tables_names',
  IPv6: '/proc/net/ip6_tables_names',
};

/**
 * The rules of the families in which the variant has tables, or that one table: the question alone would make
 * them, so that no program is started elsewhere. Never rejects: what cannot be read has none.
 */
export async function legacyRules(
  families: readonly IpFamily[],
  run: RunProgram | undefined,
  table?: string,
): Promise<readonly LegacyRules[]> {
  const found: LegacyRules[] = [];
  for (const family of families) {
    const names = await readFile(legacyTables[family], 'latin1').catch(() => '');
    if (table === undefined ? names.trim() !== '' : names.split('\n').includes(table)) {
      const iptables = new Iptables(family, 'legacy', run);
      const rules = await iptables.save().catch(() => '');
      found.push({ program: iptables.program, rules });
    }
  }
  return found;
}
