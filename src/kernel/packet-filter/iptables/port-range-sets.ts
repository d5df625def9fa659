import type { Pace } from '../../../base/work-in-parts.ts';
import type { IpAddress, IpFamily } from '../../../net/ip-address.ts';
import type { PortRange } from '../../../net/port-range.ts';
import type { Protocol } from '../../../net/protocol.ts';
import type { IpSet } from '../../ipset/model.ts';
import type { MarkedPorts, SetEntry } from '../../ipset/set-entry.ts';
import { mergedByMark, type HeldPortRanges, type PlacedEntry } from './held-port-ranges.ts';
import { rangeSetsOf } from './sets.ts';

/** Visits the entries of a set; `begin` makes the visitor, another one where the list starts over. */
export type EachEntry = (
  set: IpSet,
  begin: () => (entry: SetEntry) => void,
  pace?: Pace,
) => Promise<void>;

/** Reads what the sets of a family hold about port ranges, by address. Rejects with NetlinkError. */
export async function readPortRanges(
  family: IpFamily,
  each: EachEntry,
  pace?: Pace,
): Promise<readonly HeldPortRanges[]> {
  const found = new Map<string, Found>();
  for (const set of rangeSetsOf(family)) {
    let ofSet = new Map<string, Found>();
    await each(
      set,
      () => {
        ofSet = new Map();
        return (entry) => {
          take(ofSet, set, entry);
        };
      },
      pace,
    );
    for (const [text, part] of ofSet) {
      const whole = foundAt(found, text, part.address);
      whole.runs.push(...part.runs);
      whole.judgements.push(...part.judgements);
    }
  }
  return Array.from(found.values(), ({ address, runs, judgements }) => ({
    address,
    ports: mergedByMark(runs.flatMap((run) => portsOf(address, run))),
    judgements,
  }));
}

interface Found {
  readonly address: IpAddress;
  readonly runs: Run[];
  readonly judgements: PlacedEntry[];
}

/** The ports of one protocol that get one mark. The kernel lists them one by one, in the order of a hash. */
interface Run {
  readonly protocol: Protocol;
  readonly mark: number;
  readonly mask: number;
  /** One bit for each port. */
  readonly bits: Uint8Array;
}

const byteCount = 0x1_0000 / 8;

function take(found: Map<string, Found>, set: IpSet, entry: SetEntry): void {
  if (entry.kind === 'port') {
    return;
  }
  const at = foundAt(found, entry.address.text, entry.address);
  switch (entry.kind) {
    case 'marked ports':
      setBit(at.runs, entry.protocol, entry.first, entry.mark, entry.mask);
      break;
    case 'endpoint':
      // Somebody has added it without a mark.
      setBit(at.runs, entry.protocol, entry.port, 0, 0);
      break;
    default:
      at.judgements.push({ set, entry });
  }
}

function foundAt(found: Map<string, Found>, text: string, address: IpAddress): Found {
  const known = found.get(text) ?? { address, runs: [], judgements: [] };
  found.set(text, known);
  return known;
}

function setBit(runs: Run[], protocol: Protocol, port: number, mark: number, mask: number): void {
  let run = runs.find((one) => one.mark === mark && one.protocol === protocol && one.mask === mask);
  if (run === undefined) {
    run = { protocol, mark, mask, bits: new Uint8Array(byteCount) };
    runs.push(run);
  }
  run.bits[port >>> 3] = (run.bits[port >>> 3] ?? 0) | (1 << (port & 7));
}

function portsOf(address: IpAddress, { bits, ...run }: Run): readonly MarkedPorts[] {
  return rangesIn(bits).map((range) => ({ kind: 'marked ports', address, ...run, ...range }));
}

function rangesIn(bits: Uint8Array): readonly PortRange[] {
  const ranges: PortRange[] = [];
  let first: number | undefined;
  for (let port = 0; port <= 0x1_0000; port += 1) {
    const isSet = (((bits[port >>> 3] ?? 0) >>> (port & 7)) & 1) === 1;
    if (isSet) {
      first ??= port;
    } else if (first !== undefined) {
      ranges.push({ first, last: port - 1 });
      first = undefined;
    }
  }
  return ranges;
}
