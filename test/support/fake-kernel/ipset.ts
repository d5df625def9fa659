import type { ReceivedMessage } from '../../../src/kernel/netlink/message-reader.ts';
import {
  entriesOf,
  entryAttribute,
  entryText,
  nested,
  netOrder,
  type Entry,
  type IpSet,
} from './ipset-entry.ts';
import { change, flag, type Request } from './request.ts';
import { attribute, AttributeReader, Refusal, text, u16be, u32, u32be, u8 } from './wire.ts';

const errno = {
  ENOENT: 2,
  EEXIST: 17,
  protocol: 4097,
  noType: 4098,
  busy: 4100,
  exists: 4103,
  /** IPSET_ERR_HASH_FULL of a hash, IPSET_ERR_BITMAP_RANGE of a bitmap. */
  full: 4352,
};
/** The highest revision of each type that Linux 6.1 has. */
const revisionOf: Readonly<Record<string, number>> = {
  'hash:ip': 5,
  'hash:ip,port': 6,
  'hash:ip,port,net': 8,
  'hash:ip,port,ip': 6,
  'bitmap:port': 3,
  'hash:net': 7,
  'hash:ip,mark': 3,
  'hash:net,net': 3,
};
const subsystem = 0x600;

/**
 * ipset over nfnetlink, as net/netfilter/ipset/ip_set_core.c has it. The numbers are those of
 * linux/netfilter/ipset/ip_set.h, by hand.
 */
export class FakeIpsets {
  readonly sets = new Map<string, IpSet>();
  /** The highest revision of each type that it has, or can load. */
  readonly revisions = new Map(Object.entries(revisionOf));
  /** How many rules refer to a set. */
  references: (name: string) => number = () => 0;

  /** The entries of a set in words, with what packets get; none where there is no such set. */
  entries(name: string): string[] {
    return Array.from(this.sets.get(name)?.entries ?? [], ([text, { packetMark }]) =>
      packetMark === undefined
        ? text
        : `${text} ${packetMark.map((part) => `0x${part.toString(16)}`).join('/')}`,
    );
  }

  /** Puts a set there as somebody else would, in the place of one of that name. */
  put(set: Pick<IpSet, 'name' | 'type'> & Partial<IpSet>): void {
    this.sets.set(set.name, {
      family: 2,
      revision: this.revisions.get(set.type) ?? 0,
      mostEntries: 65_536,
      ports: [0, 65_535],
      timeoutSeconds: undefined,
      hasPacketMarks: false,
      markMask: 0xffff_ffff,
      entries: new Map(),
      ...set,
    });
  }

  request(message: ReceivedMessage): Request {
    const { type, flags, payload } = message;
    const attributes = new AttributeReader(payload, 4, errno.protocol);
    if (attributes.u8(1) < 6) {
      throw new Refusal(errno.protocol);
    }
    const isExclusive = (flags & flag.exclusive) !== 0;
    switch (type) {
      case subsystem | 2:
        return this.#create(attributes, isExclusive);
      case subsystem | 3:
        return this.#destroy(attributes, isExclusive);
      case subsystem | 7:
        return this.#list(attributes);
      case subsystem | 9:
      case subsystem | 10:
        return this.#change(attributes, type === (subsystem | 9), isExclusive);
      case subsystem | 13:
        return this.#type(attributes, payload);
      default:
        throw new Refusal(22);
    }
  }

  #create(attributes: AttributeReader, isExclusive: boolean): Request {
    const name = attributes.text(2);
    const type = attributes.text(3);
    const revision = attributes.u8(4);
    const family = attributes.u8(5) === 10 ? 10 : 2;
    const data = attributes.has(7) ? attributes.nested(7) : undefined;
    if (type === 'bitmap:port' && data === undefined) {
      throw new Refusal(errno.protocol);
    }
    const made: SetShape = { name, type, family, revision, ...shapeOf(type, data) };
    return change(name, `make set ${name}`, () => {
      if (revision > (this.revisions.get(type) ?? -1)) {
        throw new Refusal(errno.noType);
      }
      const clash = this.sets.get(name);
      if (clash !== undefined && (isExclusive || !isSameKind(clash, made))) {
        throw new Refusal(errno.EEXIST);
      }
      if (clash === undefined) {
        this.put(made);
      }
    });
  }

  #destroy(attributes: AttributeReader, isExclusive: boolean): Request {
    const name = attributes.text(2);
    return change(name, `destroy set ${name}`, () => {
      if (isExclusive) {
        this.#present(name);
      }
      if (this.references(name) > 0) {
        throw new Refusal(errno.busy);
      }
      this.sets.delete(name);
    });
  }

  /** Flag 2 asks for names, 4 for headers; with a name for that set alone. */
  #list(attributes: AttributeReader): Request {
    const flags = attributes.has(6) ? attributes.u32be(6) : 0;
    const name = attributes.has(2) ? attributes.text(2) : undefined;
    const what = (flags & 2) !== 0 ? 'names' : (flags & 4) !== 0 ? 'header' : 'entries';
    return {
      object: name ?? 'sets',
      words: name === undefined ? `${what} of all sets` : `${what} of set ${name}`,
      kind: 'dump',
      answerType: subsystem | 7,
      perform: () => {
        const sets = name === undefined ? [...this.sets.values()] : [this.#present(name)];
        return sets.flatMap((set) => this.#payloads(set, what));
      },
    };
  }

  /** Without NLM_F_EXCL it is no error that an entry is there already, or is not. */
  #change(attributes: AttributeReader, isAddition: boolean, isExclusive: boolean): Request {
    const name = attributes.text(2);
    const set = this.sets.get(name);
    const verb = isAddition ? 'add' : 'delete';
    if (set === undefined) {
      return change(name, `${verb} entry of set ${name}`, () => {
        this.#present(name);
      });
    }
    const changed = entriesOf(set, attributes.nested(7));
    const texts = changed.map((entry) => entryText(set, entry));
    const shown = texts.length > 1 ? `${texts[0] ?? ''} to ${texts.at(-1) ?? ''}` : texts.join();
    return change(`${name} ${shown}`, `${verb} entry ${shown} of set ${name}`, () => {
      changed.forEach((entry) => {
        this.#changeOne(name, entry, isAddition, isExclusive);
      });
    });
  }

  #changeOne(name: string, entry: Entry, isAddition: boolean, isExclusive: boolean): void {
    const set = this.#present(name);
    const { entries, mostEntries, ports } = set;
    const shown = entryText(set, entry);
    const { port = 0 } = entry;
    if (set.type === 'bitmap:port' && (port < ports[0] || port > ports[1])) {
      throw new Refusal(errno.full);
    }
    if (isExclusive && entries.has(shown) === isAddition) {
      throw new Refusal(errno.exists);
    }
    if (!isAddition) {
      entries.delete(shown);
    } else if (entries.has(shown) || entries.size < mostEntries) {
      entries.set(shown, entry);
    } else {
      throw new Refusal(errno.full);
    }
  }

  #type(attributes: AttributeReader, payload: Buffer): Request {
    const type = attributes.text(3);
    return {
      object: type,
      words: `type ${type} for ${payload.readUInt8(0) === 2 ? 'IPv4' : 'IPv6'}`,
      kind: 'question',
      answerType: subsystem | 13,
      perform: () => {
        const revision = this.revisions.get(type);
        if (revision === undefined) {
          throw new Refusal(errno.noType);
        }
        return [
          message(
            attribute(3, text(type)),
            attribute(5, u8(attributes.u8(5))),
            attribute(4, u8(revision)),
            attribute(16, u8(0)),
          ),
        ];
      },
    };
  }

  /** Header and entries in one message, and more entries in further ones. */
  #payloads(set: IpSet, what: 'names' | 'header' | 'entries'): Buffer[] {
    const name = attribute(2, text(set.name));
    if (what === 'names') {
      return [message(name)];
    }
    const isBitmap = set.type === 'bitmap:port';
    const [firstPort, lastPort] = set.ports;
    const { timeoutSeconds } = set;
    const size = isBitmap
      ? [attribute(4 | netOrder, u16be(firstPort)), attribute(5 | netOrder, u16be(lastPort))]
      : [attribute(19 | netOrder, u32be(set.mostEntries))];
    const head = [
      attribute(3, text(set.type)),
      attribute(5, u8(isBitmap ? 0 : set.family)),
      attribute(4, u8(set.revision)),
      attribute(
        7 | nested,
        ...size,
        ...(set.hasPacketMarks ? [attribute(8 | netOrder, u32be(64))] : []),
        ...(set.type === 'hash:ip,mark' ? [attribute(11, u32(set.markMask))] : []),
        ...(timeoutSeconds === undefined ? [] : [attribute(6 | netOrder, u32be(timeoutSeconds))]),
        attribute(25 | netOrder, u32be(this.references(set.name))),
      ),
    ];
    if (what === 'header') {
      return [message(name, ...head)];
    }
    const entries = Array.from(set.entries.values(), (entry) => entryAttribute(set, entry));
    const parts = [entries.slice(0, 4), ...chunks(entries.slice(4), 16)];
    return parts.map((part, index) =>
      message(name, ...(index === 0 ? head : []), attribute(8 | nested, ...part)),
    );
  }

  #present(name: string): IpSet {
    const set = this.sets.get(name);
    if (set === undefined) {
      throw new Refusal(errno.ENOENT);
    }
    return set;
  }
}

/** MAXELEM 19, PORT 4, PORT_TO 5, TIMEOUT 6, CADT_FLAGS 8 (64: skbinfo), MARKMASK 11. */
function shapeOf(
  type: string,
  data: AttributeReader | undefined,
): Omit<SetShape, 'name' | 'type' | 'family' | 'revision'> {
  const valueOf = (attributeType: number) =>
    data?.has(attributeType) === true ? data.u32be(attributeType) : undefined;
  return {
    mostEntries: valueOf(19) ?? 65_536,
    ports:
      type === 'bitmap:port' && data !== undefined ? [data.u16be(4), data.u16be(5)] : [0, 65_535],
    timeoutSeconds: valueOf(6),
    hasPacketMarks: ((valueOf(8) ?? 0) & 64) !== 0,
    markMask: valueOf(11) ?? 0xffff_ffff,
  };
}

function isSameKind(a: SetShape, b: SetShape): boolean {
  return (
    a.type === b.type &&
    a.family === b.family &&
    a.timeoutSeconds === b.timeoutSeconds &&
    a.markMask === b.markMask &&
    (a.type === 'bitmap:port'
      ? a.ports.every((port, index) => port === b.ports[index])
      : a.mostEntries === b.mostEntries)
  );
}

type SetShape = Omit<IpSet, 'entries'>;

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** nfgenmsg and the protocol's version come first. */
function message(...attributes: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([2, 0, 0, 0]), attribute(1, u8(6)), ...attributes]);
}
