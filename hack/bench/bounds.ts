import type { Bound } from './figure.ts';

/**
 * What each figure has to reach with 1,000 Services of 5 real servers, in counted instructions, unless
 * it says so. `quickLimit` is for small tables on any clock, which show absurd figures alone.
 */
export const bounds = {
  /** `kube-ipvs run --once`, from fork to exit, in ms of 1 ns for each instruction. */
  runOnceEmpty: { sense: 'at most', limit: 1500, status: 'goal' },
  runOnceInPlace: { sense: 'at most', limit: 1000, status: 'goal' },
  /** To the first list request, against `node -e 0`. */
  start: { sense: 'at most', limit: 2, status: 'goal', quickLimit: 10 },
  /** Against one bare round trip, 10,000 Services loaded. */
  changeMedian: { sense: 'at most', limit: 3, status: 'required', quickLimit: 50 },
  changeTail: { sense: 'at most', limit: 10, status: 'required' },
  /** 10,000 Services loaded against 100. */
  changeBySize: { sense: 'at most', limit: 1.1, status: 'required', quickLimit: 5 },
  /** 1,000 of 10,000 Services, against the same messages, encoded beforehand. */
  burst: { sense: 'at most', limit: 4, status: 'required', quickLimit: 500 },
  /** Against `ipvsadm --restore` of the same virtual and real servers. */
  ipvsSpeed: { sense: 'at least', limit: 6, status: 'required', quickLimit: 1.5 },
  /** Against the same messages, encoded beforehand. */
  ipvsFloor: { sense: 'at most', limit: 2.2, status: 'required' },
  everythingFloor: { sense: 'at most', limit: 2.2, status: 'required' },
  /** The tail of changes while counters are read and scraped against that without. */
  counters: { sense: 'at most', limit: 2, status: 'goal' },
  /** In MB, by a kernel's own count. */
  memory1000: { sense: 'at most', limit: 110, status: 'required' },
  memory10000: { sense: 'at most', limit: 200, status: 'required' },
  /**
   * Instructions, as us, that the rules of nftables add to a connection through a cluster IP. The kernel's NAT alone,
   * without a rule, adds 10.6.
   */
  connectionRules: { sense: 'at most', limit: 10, status: 'goal' },
  /** To 10,000 front ends, in us: more would be felt by whoever makes a Service. */
  frontEnd: { sense: 'at most', limit: 5000, status: 'goal' },
  oneMessage: { sense: 'exactly', limit: 1, status: 'required', quickLimit: 1 },
  noProcess: { sense: 'exactly', limit: 0, status: 'required', quickLimit: 0 },
  /** Else the count could not tell. */
  repairProcesses: { sense: 'exactly', limit: 2, status: 'required', quickLimit: 2 },
} as const satisfies Record<string, Bound>;
