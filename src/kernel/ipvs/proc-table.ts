import { protocols, type Protocol } from '../../net/protocol.ts';
import type {
  ListedRealServer,
  ListedRealServers,
  SummedConnections,
} from './listed-real-servers.ts';
import type { ForwardingMethod, RealServer, RealServers } from './model.ts';
import { HexEndpoint, Tokens } from './proc-line.ts';

/** By their word in a line. */
const methods: readonly (readonly [word: string, method: ForwardingMethod])[] = [
  ['Masq', 'masq'],
  ['Local', 'local'],
  ['Tunnel', 'tunnel'],
  ['Route', 'route'],
  ['Bypass', 'bypass'],
];

const newline = 10;
const space = 32;

/**
 * Reads the text of /proc/net/ip_vs, part by part, and visits the real servers of each virtual
 * server. Virtual servers by firewall mark are left out, and so is a line that makes no sense: each
 * costs itself alone.
 *
 * An audit reads a line for each real server there is, and nearly all of them say what is known:
 * they are read as numbers where they lie, and objects are made of those alone that are asked for.
 */
export class ProcTableParser {
  readonly #visit: (realServers: ListedRealServers) => void;
  readonly #current = new RealServerLines();
  #hasCurrent = false;
  /** The start of a line whose end has not come yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(visit: (realServers: ListedRealServers) => void) {
    this.#visit = visit;
  }

  /** Takes the next part, which may end anywhere and may be written over afterwards. */
  push(part: Buffer): void {
    const text = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    let start = 0;
    for (;;) {
      const end = text.indexOf(newline, start);
      if (end === -1) {
        break;
      }
      this.#addLine(text, start, end);
      start = end + 1;
    }
    this.#rest = Buffer.from(text.subarray(start));
  }

  /** To be called once all parts were taken. */
  end(): void {
    this.#addLine(this.#rest, 0, this.#rest.length);
    this.#endCurrent();
    this.#rest = Buffer.alloc(0);
  }

  #addLine(text: Buffer, start: number, end: number): void {
    if (text[start] === space) {
      if (this.#hasCurrent) {
        this.#current.add(text, start, end);
      }
      return;
    }
    this.#endCurrent();
    this.#hasCurrent = this.#current.begin(text, start, end);
  }

  #endCurrent(): void {
    if (this.#hasCurrent) {
      this.#visit(this.#current);
      this.#hasCurrent = false;
    }
  }
}

/** The lines of one virtual server, as numbers; the same object serves for one after the other. */
class RealServerLines implements ListedRealServers {
  #protocol: Protocol = 'TCP';
  readonly #virtualServer = new HexEndpoint();
  readonly #realServers: Line[] = [];
  #count = 0;
  readonly #tokens = new Tokens();

  get key(): string {
    return `${this.#protocol} ${this.#virtualServer.format()}`;
  }

  /** Takes the line of a virtual server; false for any other. */
  begin(text: Buffer, start: number, end: number): boolean {
    this.#count = 0;
    const tokens = this.#tokens.read(text, start, end);
    const protocol = protocols.find((name) => tokens.is(0, name));
    // What follows the address shows that it is not cut off.
    if (protocol === undefined || tokens.count < 3) {
      return false;
    }
    this.#protocol = protocol;
    return tokens.endpoint(1, this.#virtualServer);
  }

  /** Takes the line of a real server, where it makes sense. */
  add(text: Buffer, start: number, end: number): void {
    const tokens = this.#tokens.read(text, start, end);
    const method = methods.find(([word]) => tokens.is(2, word))?.[1];
    const weight = tokens.number(3);
    const active = tokens.number(4);
    const inactive = tokens.number(5);
    const line = (this.#realServers[this.#count] ??= new Line());
    const areNumbers = active >= 0 && inactive >= 0 && !Number.isNaN(weight);
    if (method !== undefined && areNumbers && tokens.endpoint(1, line.endpoint)) {
      line.method = method;
      line.weight = weight;
      line.active = active;
      line.inactive = inactive;
      this.#count += 1;
    }
  }

  areAs(known: RealServers): boolean {
    if (known.size !== this.#count) {
      return false;
    }
    // The kernel lists the one that came last first.
    return [...known.values()].reverse().every((expected, index) => {
      const line = this.#realServers[index];
      if (line === undefined || line.weight === 0) {
        return false;
      }
      const there = line.endpoint.isAt(expected) ? expected : known.get(line.endpoint.format());
      return there !== undefined && isLineOf(line, there);
    });
  }

  connections(): SummedConnections {
    let [active, inactive] = [0, 0];
    for (let index = 0; index < this.#count; index += 1) {
      const line = this.#realServers[index];
      active += line?.active ?? 0;
      inactive += line?.inactive ?? 0;
    }
    return { active, inactive };
  }

  all(): ListedRealServer[] {
    return this.#realServers.slice(0, this.#count).map((line) => ({
      realServer: {
        address: line.endpoint.address(),
        port: line.endpoint.port,
        method: line.method,
        weight: line.weight,
        ...notInLines,
      },
      activeConnections: line.active,
      inactiveConnections: line.inactive,
    }));
  }
}

/** Virtual servers that use any of these are read over netlink (`limited`). */
const notInLines = { upperThreshold: 0, lowerThreshold: 0 } as const;

/** What a line says, and what it cannot; address and port are those that it was found by. */
const comparedBy: Readonly<
  Record<
    Exclude<keyof RealServer, 'address' | 'port' | keyof typeof notInLines>,
    (line: Line, known: RealServer) => boolean
  >
> = {
  method: (line, known) => line.method === known.method,
  weight: (line, known) => line.weight === known.weight,
};
const comparisons = Object.values(comparedBy);

function isLineOf(line: Line, known: RealServer): boolean {
  return comparisons.every((isSame) => isSame(line, known));
}

/** A real server in numbers. */
class Line {
  readonly endpoint = new HexEndpoint();
  method: ForwardingMethod = 'masq';
  weight = 0;
  active = 0;
  inactive = 0;
}
