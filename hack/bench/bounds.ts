import type { Bound } from './figure.ts';

/**
 * What each figure has to reach, on tables of 5,000 Services with 5 real servers or more. What is
 * a goal becomes required once it is reached on every machine that measures it.
 */
export const bounds = {
  /** Against `ipvsadm --restore` of the same virtual and real servers. */
  clientSpeed: { sense: 'at least', limit: 6, status: 'required', quickLimit: 2 },
  ipvsSpeed: { sense: 'at least', limit: 8, status: 'required', quickLimit: 1.5 },
  everythingSpeed: { sense: 'at least', limit: 4, status: 'goal', quickLimit: 1 },
  /** Against the same messages, encoded beforehand. */
  ipvsFloor: { sense: 'at most', limit: 1.5, status: 'goal' },
  everythingFloor: { sense: 'at most', limit: 1.5, status: 'goal' },
  /** Twice the Services against once. */
  growth: { sense: 'at most', limit: 2.2, status: 'goal', quickLimit: 8 },
  /** Against one bare round trip. */
  changeMedian: { sense: 'at most', limit: 3, status: 'goal', quickLimit: 50 },
  changeTail: { sense: 'at most', limit: 15, status: 'goal' },
  /** 10,000 Services loaded against 100. */
  changeBySize: { sense: 'at most', limit: 1.3, status: 'goal', quickLimit: 5 },
  oneMessage: { sense: 'exactly', limit: 1, status: 'required', quickLimit: 1 },
  /** Against the same messages, encoded beforehand. */
  burst: { sense: 'at most', limit: 3, status: 'goal', quickLimit: 500 },
  /** The tail of changes during an audit against that without one. */
  audit: { sense: 'at most', limit: 2, status: 'goal' },
  /** The tail of changes while counters are read and scraped against that without. */
  counters: { sense: 'at most', limit: 2, status: 'goal' },
  memory1000: { sense: 'at most', limit: 110, status: 'required' },
  memory10000: { sense: 'at most', limit: 200, status: 'required' },
  /** Against `node -e 0`. */
  start: { sense: 'at most', limit: 3, status: 'goal', quickLimit: 10 },
  noProcess: { sense: 'exactly', limit: 0, status: 'required', quickLimit: 0 },
  /** Else the count could not tell. */
  repairProcesses: { sense: 'exactly', limit: 2, status: 'required', quickLimit: 2 },
} as const satisfies Record<string, Bound>;
