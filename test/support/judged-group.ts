import assert from 'node:assert/strict';
import type { Statistics } from '../../src/kernel/ipvs/model.ts';
import { judge, type GroupKind, type Standings } from '../../src/outliers/judge.ts';

/** What happens to a real server in a second: so many new connections, and what comes back. */
export interface Second {
  readonly connections: number;
  readonly back: 'answers' | 'resets' | 'nothing';
  /** First packets that are sent once more. */
  readonly repeats?: number;
}

export const idle: Second = { connections: 0, back: 'nothing' };
export const serves: Second = { connections: 2, back: 'answers' };
export const isDead: Second = { connections: 2, back: 'nothing' };
export const refuses: Second = { connections: 2, back: 'resets' };

/** The smallest packet that says no to a new connection: a reset, an ABORT, an ICMP error. */
const refusalBytes = { TCP: 20, SCTP: 16, UDP: 36 } as const;
const headerBytes = { IPv4: 20, IPv6: 40 } as const;

export function counted(
  { connections, back, repeats = 0 }: Second,
  { protocol, family }: GroupKind,
): Statistics {
  const refusal = headerBytes[family] + refusalBytes[protocol];
  const each = back === 'answers' ? [5, 400] : back === 'resets' ? [1, refusal] : [0, 0];
  const [packets = 0, bytes = 0] = each;
  const packetsIn = connections * (back === 'answers' ? 5 : 1) + repeats;
  return {
    connections,
    packetsIn,
    bytesIn: packetsIn * 60,
    packetsOut: connections * packets,
    bytesOut: connections * bytes,
  };
}

/** A group that is looked at once a second. */
export class Group {
  standings: Standings = new Map();
  nowMs = 0;
  readonly #kind: GroupKind;

  constructor(kind: GroupKind = { protocol: 'TCP', family: 'IPv4' }) {
    this.#kind = kind;
  }

  /** Real servers by name, in the order in which they are judged. */
  second(seconds: Readonly<Record<string, Second>>, lastsMs = 1000): void {
    this.nowMs += lastsMs;
    const members = Object.keys(seconds);
    const look = (key: string): Statistics | undefined => {
      const second = seconds[key];
      // An ejected one gets no new connections.
      return second && this.standings.get(key)?.kind !== 'ejected'
        ? counted(second, this.#kind)
        : undefined;
    };
    this.standings = judge(this.standings, members, look, this.#kind, this.nowMs);
  }

  seconds(count: number, seconds: Readonly<Record<string, Second>>): void {
    for (let done = 0; done < count; done += 1) {
      this.second(seconds);
    }
  }

  /** How many seconds it takes until this holds; fails after ten minutes. */
  until(seconds: Readonly<Record<string, Second>>, holds: () => boolean): number {
    for (let taken = 1; taken <= 600; taken += 1) {
      this.second(seconds);
      if (holds()) {
        return taken;
      }
    }
    return assert.fail('not in ten minutes');
  }

  get ejected(): readonly string[] {
    return [...this.standings].filter(([, { kind }]) => kind === 'ejected').map(([key]) => key);
  }
}
