import type { Statistics } from '../kernel/ipvs/model.ts';
import { noStatistics } from '../kernel/ipvs/statistics-sums.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { Protocol } from '../net/protocol.ts';
import { hasAnswered, repeatsIn } from './answers.ts';
import { mostEjected } from './most-ejected.ts';
import {
  ejected,
  fails,
  isTrusted,
  onTrial,
  standingAfter,
  unblemished,
  type Ejected,
  type InUse,
  type OnTrial,
  type Standing,
} from './standing.ts';

/** What a group serves: its real servers are alike. */
export interface GroupKind {
  readonly protocol: Protocol;
  readonly family: IpFamily;
}

/** How the real servers of a group stand, by `formatRealServer`. */
export type Standings = ReadonlyMap<string, Standing>;

/**
 * How the real servers of a group stand after a look at all of them: `members` are those that take part, and
 * `counted` is what was counted of each since the look before; undefined of one that was not seen. Pure.
 *
 * One that fails is ejected as long as another one has nothing against it, and no more than half are. Where
 * all others fail too, it is the client or the way that fails, and none is ejected.
 */
export function judge(
  before: Standings,
  members: Iterable<string>,
  counted: (key: string) => Statistics | undefined,
  { protocol, family }: GroupKind,
  nowMs: number,
): Standings {
  const standings = new Map<string, Standing>();
  for (const key of members) {
    const standing = before.get(key) ?? unblemished;
    const seen = counted(key) ?? noStatistics;
    const answered = hasAnswered(protocol, family, seen);
    const repeats = repeatsIn(protocol, seen);
    standings.set(key, standingAfter(standing, { nowMs, answered, counted: seen, repeats }));
  }
  restoreOverLimit(standings, nowMs);
  ejectFailing(standings, nowMs);
  restoreWhereAllFail(standings, nowMs);
  return standings;
}

/** Others have gone since: the first to be tried anyway are tried now. */
function restoreOverLimit(standings: Map<string, Standing>, nowMs: number): void {
  const out = ejectedOf(standings).toSorted(([, a], [, b]) => a.untilMs - b.untilMs);
  for (const [key, standing] of out.slice(
    0,
    Math.max(0, out.length - mostEjected(standings.size)),
  )) {
    standings.set(key, onTrial(standing, nowMs));
  }
}

function ejectFailing(standings: Map<string, Standing>, nowMs: number): void {
  const used = usedOf(standings);
  if (!used.some(([, standing]) => isTrusted(standing))) {
    return;
  }
  let room = mostEjected(standings.size) - (standings.size - used.length);
  for (const [key, standing] of used) {
    if (room > 0 && standing.evidence !== undefined && fails(standing, nowMs)) {
      standings.set(key, ejected(standing, standing.evidence, nowMs));
      room -= 1;
    }
  }
}

function restoreWhereAllFail(standings: Map<string, Standing>, nowMs: number): void {
  if (usedOf(standings).every(([, standing]) => fails(standing, nowMs))) {
    for (const [key, standing] of ejectedOf(standings)) {
      standings.set(key, onTrial(standing, nowMs));
    }
  }
}

function usedOf(standings: Standings): readonly (readonly [string, InUse | OnTrial])[] {
  return [...standings].flatMap(([key, standing]) =>
    standing.kind === 'ejected' ? [] : [[key, standing] as const],
  );
}

function ejectedOf(standings: Standings): readonly (readonly [string, Ejected])[] {
  return [...standings].flatMap(([key, standing]) =>
    standing.kind === 'ejected' ? [[key, standing] as const] : [],
  );
}
