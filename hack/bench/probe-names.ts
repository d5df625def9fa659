import {
  packetFilterKinds,
  type PacketFilterKind,
} from '../../src/kernel/packet-filter/packet-filter.ts';
import { rulesOfConnections, type RulesOfConnections } from './connection/rules.ts';

/** A cluster in files, from nothing into an empty kernel. */
export const firstSyncProbes = [
  'ipvsadm',
  'floor',
  'floor of everything',
  'client',
  'reconciler',
  'reconciler in parts',
  'everything',
  'everything in parts',
  'everything with nftables',
  'program',
] as const;

export type ConnectionProbe = `connection, ${RulesOfConnections}`;

export function connectionProbe(rules: RulesOfConnections): ConnectionProbe {
  return `connection, ${rules}`;
}

export type PortRangesProbe = `port ranges, ${PacketFilterKind}`;

export function portRangesProbe(filter: PacketFilterKind): PortRangesProbe {
  return `port ranges, ${filter}`;
}

const connectionProbes = rulesOfConnections.map((rules) => connectionProbe(rules));

/** The processes that measure, each in a network namespace of its own. */
export const probeNames = [
  ...firstSyncProbes,
  'program twice',
  'addresses alone',
  'change',
  'large service',
  'burst',
  'audit',
  'counters',
  'counters of real servers',
  'outliers',
  'looked at',
  'processes',
  'front end',
  ...connectionProbes,
  ...packetFilterKinds.map((filter) => portRangesProbe(filter)),
] as const;

export type ProbeName = (typeof probeNames)[number];

/** What a probe is told. */
export interface ProbeInput {
  /** Where the files are that it starts from (see `probes/input.ts`). */
  readonly folder: string;
  /** The built program. */
  readonly program: string;
  readonly services: number;
  /** Real servers of each Service. */
  readonly endpoints: number;
  /** How many changes it makes, where it makes some. */
  readonly changes: number;
}

export function isProbeName(name: string): name is ProbeName {
  return (probeNames as readonly string[]).includes(name);
}

/** Each run starts with another probe, so that none is always the first. */
export function inTurn<T>(items: readonly T[], run: number): T[] {
  const first = items.length === 0 ? 0 : run % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
