import type { ObjectKey } from '../cluster/objects.ts';
import { monotonicMs } from '../base/time/monotonic-clock.ts';
import type { AddressWithPortRanges } from '../kernel/packet-filter/packet-filter.ts';
import { MarkMask } from '../net/mark-mask.ts';
import { haveCommonPort } from '../net/port-range.ts';
import type { Traffic } from '../translate/front-end.ts';
import type { PortsAtAddress } from '../translate/node-facts.ts';

/**
 * How long a mark rests before another Service gets it, in milliseconds: connections that are open still
 * have it, and clients are kept by it for as long as their affinity lasts (three hours by default).
 */
const restMs = 4 * 60 * 60 * 1000;

/** Which packet mark the port ranges of each Service have. */
export class MarkBook {
  readonly #mask: MarkMask;
  readonly #now: () => number;
  readonly #used = new Map<ObjectKey, Map<Traffic, number>>();
  /** When each mark that was in use may be used again, in the order of that. */
  readonly #resting = new Map<number, number>();
  /** Marks in use, and those that the kernel has from before a restart. */
  readonly #taken = new Set<number>();
  #before: ReadonlyMap<string, AddressWithPortRanges['ranges']> = new Map();
  #highest = 0;

  /** `now` in milliseconds. */
  constructor(mask: number, now: () => number = monotonicMs) {
    this.#mask = new MarkMask(mask);
    this.#now = now;
  }

  /**
   * What the kernel has from before a restart: whoever is there again has the same mark again. `foreign` are marks for
   * which others have virtual servers: nobody gets them.
   */
  remember(before: readonly AddressWithPortRanges[], foreign: readonly number[] = []): void {
    for (const mark of foreign) {
      this.#taken.add(mark);
    }
    this.#before = new Map(before.map(({ address, ranges }) => [address.text, ranges]));
    const until = this.#now() + restMs;
    for (const { mark } of before.flatMap(({ ranges }) => ranges)) {
      this.#resting.set(mark, until);
    }
  }

  /** The mark of a Service for a traffic; undefined where none is free. See `NodeFacts.markOf`. */
  readonly markOf = (
    service: ObjectKey,
    traffic: Traffic,
    at: readonly PortsAtAddress[],
  ): number | undefined => {
    const known = this.#used.get(service)?.get(traffic);
    if (known !== undefined) {
      return known;
    }
    const mark = this.#markBefore(at) ?? this.#freeMark();
    if (mark !== undefined) {
      this.#resting.delete(mark);
      this.#taken.add(mark);
      const ofService = this.#used.get(service) ?? new Map<Traffic, number>();
      this.#used.set(service, ofService.set(traffic, mark));
    }
    return mark;
  };

  /** The Service has marks for these traffics and no others any more. */
  keep(service: ObjectKey, traffics: ReadonlySet<Traffic> = noTraffics): void {
    const ofService = this.#used.get(service);
    for (const [traffic, mark] of ofService ?? []) {
      if (!traffics.has(traffic)) {
        ofService?.delete(traffic);
        this.#taken.delete(mark);
        this.#resting.set(mark, this.#now() + restMs);
      }
    }
    if (ofService?.size === 0) {
      this.#used.delete(service);
    }
  }

  #markBefore(at: readonly PortsAtAddress[]): number | undefined {
    for (const { address, ports } of at) {
      const before = this.#before.get(address.text) ?? [];
      const mark = before.find((range) =>
        ports.some((wanted) => wanted.protocol === range.protocol && haveCommonPort(wanted, range)),
      )?.mark;
      if (mark !== undefined && this.#mask.has(mark) && !this.#taken.has(mark)) {
        return mark;
      }
    }
    return undefined;
  }

  /** One that nobody has had, or else the one that has rested longest. */
  #freeMark(): number | undefined {
    while (this.#highest < this.#mask.size) {
      this.#highest += 1;
      const mark = this.#mask.markOf(this.#highest);
      if (!this.#taken.has(mark) && !this.#resting.has(mark)) {
        return mark;
      }
    }
    const now = this.#now();
    for (const [mark, until] of this.#resting) {
      if (until <= now && this.#mask.has(mark)) {
        return mark;
      }
    }
    return undefined;
  }
}

const noTraffics: ReadonlySet<Traffic> = new Set();
