import { execFileSync } from 'node:child_process';
import { SetClient } from '../../src/kernel/ipset/client.ts';
import {
  runProgram,
  type IptablesVariant,
} from '../../src/kernel/packet-filter/iptables/iptables.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { openIptablesFilter } from '../../src/kernel/packet-filter/iptables/iptables-filter.ts';
import type { PacketFilter } from '../../src/kernel/packet-filter/packet-filter.ts';
import { cidr } from './cluster-objects.ts';
import { ensureAll } from './ensure-all.ts';

/**
 * Puts the chains into this network namespace by the variant of iptables that is its argument,
 * breaks them, and takes them out again. Prints what it saw, as JSON.
 */

/** What one repair took. */
export interface Repair {
  readonly flushed: string;
  readonly programs: number;
  readonly restored: boolean;
}

export interface BackEndReport {
  readonly warnings: readonly string[];
  /** The rules of ours, of both families, after the start. */
  readonly rules: number;
  /** The programs that were started by an audit that found everything in place. */
  readonly programsOfAudit: number;
  readonly repairs: readonly Repair[];
  /** How long it took until flushed rules were back without an audit, in milliseconds. */
  readonly watchedMs: number;
  /** How often rules were written meanwhile, and in the two seconds after that. */
  readonly watchedRepairs: number;
  /** What one cheap look takes, in milliseconds. */
  readonly lookMs: number;
  /** What is left of ours at the end. */
  readonly left: readonly string[];
}

const flushes = [
  ['mangle', 'OUTPUT'],
  ['nat', 'PREROUTING'],
  ['nat', 'KIPVS-MASQUERADE'],
  ['filter', 'FORWARD'],
  ['filter', 'KIPVS-FORWARD'],
  ['filter', 'KIPVS-INPUT'],
  ['filter', 'KIPVS-REFUSE'],
] as const;

async function examine(variant: IptablesVariant): Promise<BackEndReport> {
  let programs = 0;
  const warnings: string[] = [];
  const filter = openIptablesFilter(
    ['IPv4', 'IPv6'],
    {
      chains: {
        masqueradeAll: false,
        masqueradeBit: 14,
        rangeMarks: 0x107f,
        randomFully: true,
        hasPortRanges: true,
        local: { kind: 'ranges', ranges: [cidr('10.244.0.0/16'), cidr('fd00:244::/32')] },
      },
      iptables: variant,
    },
    { note: () => undefined, changed: () => undefined },
    (...call) => {
      programs += 1;
      return runProgram(...call);
    },
  );
  const ensure = async (): Promise<number> => {
    programs = 0;
    warnings.push(...(await ensureAll(filter.foundations)).map(String));
    return programs;
  };
  await ensure();
  const placed = rulesOfOurs(variant);
  const programsOfAudit = await ensure();
  const repairs: Repair[] = [];
  for (const [table, chain] of flushes) {
    execFileSync(`iptables-${variant}`, ['-w', '-t', table, '-F', chain]);
    const started = await ensure();
    const restored = rulesOfOurs(variant).join('\n') === placed.join('\n');
    repairs.push({ flushed: chain, programs: started, restored });
  }
  const watched = await watchedRepair(filter, variant, placed);
  await filter.members.relist();
  await filter.remove();
  filter.close();
  const setsLeft = execFileSync('ipset', ['list', '-n'], { encoding: 'utf8' });
  return {
    warnings,
    rules: placed.length,
    programsOfAudit,
    repairs,
    ...watched,
    left: [...rulesOfOurs(variant), ...setsLeft.split('\n').filter((name) => name !== '')],
  };
}

/** Flushes a whole table, as others do, and waits for the rules. */
async function watchedRepair(
  filter: PacketFilter,
  variant: IptablesVariant,
  placed: readonly string[],
): Promise<Pick<BackEndReport, 'watchedMs' | 'watchedRepairs' | 'lookMs'>> {
  let repairs = 0;
  let repair = Promise.resolve();
  const watch = filter.watch({
    gone: () => {
      repairs += 1;
      repair = repair.then(async () => {
        for (const foundation of filter.foundations) {
          await foundation.ensure();
        }
      });
    },
    failed: (error) => {
      throw error;
    },
  });
  // The monitor is there after the first look.
  await delay(3000);
  const startedAt = performance.now();
  execFileSync(`iptables-${variant}`, ['-w', '-t', 'nat', '-F']);
  while (rulesOfOurs(variant).join('\n') !== placed.join('\n')) {
    if (performance.now() - startedAt > 20_000) {
      throw new Error('the rules did not come back');
    }
    await delay(20);
  }
  const watchedMs = performance.now() - startedAt;
  await delay(2500);
  watch.stop();
  await repair;
  return { watchedMs, watchedRepairs: repairs, lookMs: await lookMs() };
}

/** Both families, as the watch asks. */
async function lookMs(): Promise<number> {
  const sets = new SetClient();
  const look = () =>
    Promise.all(['kube-ipvs-empty-4', 'kube-ipvs-empty-6'].map((name) => sets.references(name)));
  await look();
  const count = 200;
  const startedAt = performance.now();
  for (let at = 0; at < count; at += 1) {
    await look();
  }
  const tookMs = (performance.now() - startedAt) / count;
  sets.close();
  return tookMs;
}

/** Sorted: the order of the tables is the program's own affair. */
function rulesOfOurs(variant: IptablesVariant): readonly string[] {
  return ['iptables', 'ip6tables']
    .flatMap((program) => {
      const saved = execFileSync(`${program}-${variant}-save`, { encoding: 'utf8' });
      return saved.split('\n').map((line) => `${program} ${line}`);
    })
    .filter((line) => / -A .*KIPVS-/.test(line))
    .toSorted();
}

const [, , wanted] = process.argv;
console.log(JSON.stringify(await examine(wanted === 'legacy' ? 'legacy' : 'nft')));
