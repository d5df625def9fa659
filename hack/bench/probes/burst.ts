import { execFileSync } from 'node:child_process';
import { netlinkProtocol } from '../../../src/kernel/netlink/protocol.ts';
import type { Operation } from '../../../src/kernel/ipvs/model.ts';
import { IpAddress } from '../../../src/net/ip-address.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { percentile } from '../statistics.ts';
import { frontEnd, moreEndpointAddress, targetPort } from '../synthetic-cluster.ts';
import { quiet } from './change.ts';
import { collectGarbage } from './collect-garbage.ts';
import { encodeOperations } from './floor.ts';
import { ipvsFamily } from './ipvs-family.ts';
import { LoadedController } from './loaded-controller.ts';
import { BareSocket } from './send-beforehand.ts';

/** How many bursts of each kind; of their times the median counts. */
const repetitions = 3;
/** V8 compiles what they run, and some of it twice, in the first ones of a process: they are told apart. */
const firstBursts = 3;
/** Services that so many bursts need. */
export const burstsInAll = firstBursts + 2 * repetitions;
/** One endpoint in so many is at an address that the kernel refuses. */
const refusedOneIn = 20;
/** The kernel takes no real server at a broadcast address (EINVAL): a route makes these some. */
const refusedRange = '100.127.0.0/16';

/**
 * Many Services get an endpoint in the same turn of the event loop: from the first slice in the
 * store to the end of the round that has had the last ACK. In turn with the floor: the same
 * messages for other Services, encoded beforehand.
 */
export async function burst(input: ProbeInput): Promise<Reading> {
  execFileSync('ip', ['route', 'add', 'broadcast', refusedRange, 'dev', 'lo', 'table', 'local']);
  const loaded = await LoadedController.start(input);
  const bursts = new Bursts(loaded, input.changes);
  const firsts: number[] = [];
  const times: Record<Kind, number[]> = { 'all accepted': [], 'some refused': [] };
  const floors: Record<Kind, number[]> = { 'all accepted': [], 'some refused': [] };
  try {
    for (let first = 0; first < firstBursts; first += 1) {
      firsts.push(await bursts.time('all accepted'));
    }
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      for (const kind of kinds) {
        times[kind].push(await bursts.time(kind));
        floors[kind].push(await bursts.timeFloor(kind));
      }
    }
  } finally {
    await loaded.stop();
  }
  return {
    ms: percentile(times['all accepted'], 50),
    floor: percentile(floors['all accepted'], 50),
    'ms with refused ones': percentile(times['some refused'], 50),
    'floor with refused ones': percentile(floors['some refused'], 50),
    'first ms': percentile(firsts.slice(0, 1), 50),
    'next ms': percentile(firsts.slice(1), 50),
  };
}

const kinds = ['all accepted', 'some refused'] as const;
type Kind = (typeof kinds)[number];

class Bursts {
  readonly #loaded: LoadedController;
  readonly #size: number;
  /** No Service is in two bursts, and no address is used twice. */
  #used = 0;
  #last: readonly Change[] = [];

  constructor(loaded: LoadedController, size: number) {
    this.#loaded = loaded;
    this.#size = size;
  }

  async time(kind: Kind): Promise<number> {
    const changes = this.#next();
    const slices = changes.map((change) =>
      this.#loaded.slice(change.index, [addressOf(change, kind, change.address)]),
    );
    await quiet();
    await collectGarbage();
    const startedAt = performance.now();
    const ended = this.#loaded.nextRound();
    for (const slice of slices) {
      this.#loaded.store.setSlice(slice, startedAt);
    }
    const { applied, failures } = await ended;
    const ms = performance.now() - startedAt;
    const refusals = refusalsOf(changes, kind);
    requireCounts(applied, failures.length, this.#size - refusals, refusals);
    if (refusals > 0) {
      await this.#withdraw(changes.filter(({ isRefused }) => isRefused));
    }
    return ms;
  }

  /** The same messages to the Services of the last burst, with other addresses. */
  async timeFloor(kind: Kind): Promise<number> {
    const operations = this.#last.map((change) =>
      addRealServer(change.index, addressOf(change, kind, change.floorAddress)),
    );
    const datagrams = encodeOperations(operations, await ipvsFamily());
    const socket = new BareSocket(netlinkProtocol.generic);
    try {
      await quiet();
      await collectGarbage();
      return await socket.send(datagrams, refusalsOf(this.#last, kind));
    } finally {
      socket.close();
    }
  }

  #next(): readonly Change[] {
    const first = this.#used;
    this.#used += this.#size;
    this.#last = Array.from({ length: this.#size }, (_, number) => ({
      index: first + number,
      address: moreEndpointAddress(2 * (first + number)),
      floorAddress: moreEndpointAddress(2 * (first + number) + 1),
      isRefused: number % refusedOneIn === 0,
    }));
    return this.#last;
  }

  /** What the kernel has refused would be tried again and again. */
  async #withdraw(changes: readonly Change[]): Promise<void> {
    const ended = this.#loaded.nextRound();
    for (const { index } of changes) {
      this.#loaded.store.setSlice(this.#loaded.slice(index, []));
    }
    await ended;
    await quiet();
  }
}

interface Change {
  readonly index: number;
  readonly address: string;
  readonly floorAddress: string;
  readonly isRefused: boolean;
}

function addressOf({ index, isRefused }: Change, kind: Kind, accepted: string): string {
  return kind === 'some refused' && isRefused ? refused(index) : accepted;
}

function refusalsOf(changes: readonly Change[], kind: Kind): number {
  return kind === 'some refused' ? changes.filter(({ isRefused }) => isRefused).length : 0;
}

function refused(index: number): string {
  return `100.127.${(index >> 8) & 255}.${index & 255}`;
}

function requireCounts(applied: number, failed: number, right: number, rightFailed: number): void {
  if (applied !== right || failed !== rightFailed) {
    throw new Error(
      `the burst had ${applied} changes and ${failed} failures where ${right} and ${rightFailed} are right`,
    );
  }
}

function addRealServer(index: number, text: string): Operation {
  return {
    kind: 'add real server',
    id: {
      kind: 'address',
      protocol: 'TCP',
      address: address(frontEnd(index).address),
      port: frontEnd(index).port,
    },
    realServer: {
      address: address(text),
      port: targetPort,
      method: 'masq',
      weight: 1,
      upperThreshold: 0,
      lowerThreshold: 0,
    },
  };
}

function address(text: string): IpAddress {
  const parsed = IpAddress.parse(text);
  if (parsed === undefined) {
    throw new Error(`no address: ${text}`);
  }
  return parsed;
}
