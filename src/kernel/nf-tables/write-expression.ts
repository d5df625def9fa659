import type { MessageWriter } from '../netlink/message-writer.ts';
import type { Expression, Register, Verdict } from './expressions.ts';
import {
  dataAttribute,
  expressionAttribute,
  firstRegister,
  listElement,
  verdictAttribute,
  verdictCode,
  verdictRegister,
} from './protocol.ts';

/** The attributes of each expression by their numbers (linux/netfilter/nf_tables.h). */
const payload = { into: 1, base: 2, offset: 3, length: 4 } as const;
const payloadBase = { network: 1, transport: 2 } as const;
const meta = { into: 1, key: 2, from: 3 } as const;
const metaKey = { mark: 3, 'input link name': 6, family: 15, protocol: 16 } as const;
const conntrack = { into: 1, key: 2, direction: 3 } as const;
const conntrackKey = { state: 0, port: 12, IPv4: 20, IPv6: 22 } as const;
const originalDirection = 0;
const fib = { into: 1, result: 2, flags: 3 } as const;
const fibAddressType = 3;
const fibOfSource = 1;
const bitwise = { from: 1, into: 2, length: 3, mask: 4, xor: 5 } as const;
const compare = { register: 1, operation: 2, data: 3 } as const;
const compareOperation = { equal: 0, 'not equal': 1 } as const;
const lookup = { set: 1, from: 2, into: 3, flags: 5 } as const;
const lookupInverted = 1;
const immediate = { into: 1, data: 2 } as const;
const masquerade = { flags: 1 } as const;
/** NF_NAT_RANGE_PROTO_RANDOM_FULLY. */
const fullyRandom = 16;
const redirect = { leastPort: 1 } as const;
const reject = { type: 1, code: 2 } as const;
/** ICMP of the packet's own family, and its code for a port. */
const rejectType = { 'TCP reset': 1, 'port unreachable': 2 } as const;
const rejectPortUnreachable = 1;

/** Writes an expression as an element of a rule's list. */
export function writeExpression(writer: MessageWriter, expression: Expression): void {
  if ('into' in expression) {
    writeLoad(writer, expression);
  } else if ('register' in expression || 'from' in expression) {
    writeMatch(writer, expression);
  } else {
    writeStatement(writer, expression);
  }
}

type Load = Extract<
  Expression,
  { readonly kind: 'header' | 'packet' | 'first destination' | 'connection state' | 'source type' }
>;

/** What brings something into a register. */
function writeLoad(writer: MessageWriter, load: Load): void {
  switch (load.kind) {
    case 'header':
      begin(writer, 'payload');
      writeRegister(writer, payload.into, load.into);
      writer.attributeU32be(payload.base, payloadBase[load.of]);
      writer.attributeU32be(payload.offset, load.offset);
      writer.attributeU32be(payload.length, load.length);
      break;
    case 'packet':
      begin(writer, 'meta');
      writeRegister(writer, meta.into, load.into);
      writer.attributeU32be(meta.key, metaKey[load.fact]);
      break;
    case 'first destination':
      begin(writer, 'ct');
      writeRegister(writer, conntrack.into, load.into);
      writer.attributeU32be(conntrack.key, conntrackKey[load.of]);
      writer.attributeU8(conntrack.direction, originalDirection);
      break;
    case 'connection state':
      begin(writer, 'ct');
      writeRegister(writer, conntrack.into, load.into);
      writer.attributeU32be(conntrack.key, conntrackKey.state);
      break;
    case 'source type':
      begin(writer, 'fib');
      writeRegister(writer, fib.into, load.into);
      writer.attributeU32be(fib.result, fibAddressType);
      writer.attributeU32be(fib.flags, fibOfSource);
      break;
  }
  end(writer);
}

type Match = Extract<
  Expression,
  { readonly kind: 'mask' | 'compare' | 'in set' | 'verdict of map' | 'value of map' | 'set mark' }
>;

/** What works with registers. */
function writeMatch(writer: MessageWriter, match: Match): void {
  switch (match.kind) {
    case 'mask':
      writeMask(writer, match.register, match.mask);
      break;
    case 'compare':
      begin(writer, 'cmp');
      writeRegister(writer, compare.register, match.register);
      writer.attributeU32be(compare.operation, compareOperation[match.is]);
      writeValue(writer, compare.data, match.to);
      break;
    case 'in set':
      begin(writer, 'lookup');
      writer.attributeString(lookup.set, match.set);
      writeRegister(writer, lookup.from, match.from);
      if (match.is === 'not in') {
        writer.attributeU32be(lookup.flags, lookupInverted);
      }
      break;
    case 'verdict of map':
      begin(writer, 'lookup');
      writer.attributeString(lookup.set, match.map);
      writeRegister(writer, lookup.from, match.from);
      writer.attributeU32be(lookup.into, verdictRegister);
      break;
    case 'value of map':
      begin(writer, 'lookup');
      writer.attributeString(lookup.set, match.map);
      writeRegister(writer, lookup.from, match.from);
      writeRegister(writer, lookup.into, match.to);
      break;
    case 'set mark':
      begin(writer, 'meta');
      writeRegister(writer, meta.from, match.from);
      writer.attributeU32be(meta.key, metaKey.mark);
      break;
  }
  end(writer);
}

type Statement = Extract<
  Expression,
  { readonly kind: 'verdict' | 'masquerade' | 'redirect' | 'reject' }
>;

/** What becomes of the packet. */
function writeStatement(writer: MessageWriter, statement: Statement): void {
  switch (statement.kind) {
    case 'verdict':
      begin(writer, 'immediate');
      writer.attributeU32be(immediate.into, verdictRegister);
      writeVerdict(writer, immediate.data, statement.verdict);
      break;
    case 'masquerade':
      begin(writer, 'masq');
      writer.attributeU32be(masquerade.flags, fullyRandom);
      break;
    case 'redirect':
      begin(writer, 'immediate');
      writeRegister(writer, immediate.into, statement.by);
      writeValue(writer, immediate.data, portBytes(statement.port));
      end(writer);
      begin(writer, 'redir');
      writeRegister(writer, redirect.leastPort, statement.by);
      break;
    case 'reject':
      begin(writer, 'reject');
      writer.attributeU32be(reject.type, rejectType[statement.how]);
      writer.attributeU8(reject.code, statement.how === 'TCP reset' ? 0 : rejectPortUnreachable);
      break;
  }
  end(writer);
}

/** Writes what a map or a rule says of a packet. */
export function writeVerdict(writer: MessageWriter, attribute: number, verdict: Verdict): void {
  writer.beginNested(attribute);
  writer.beginNested(dataAttribute.verdict);
  writer.attributeU32be(verdictAttribute.code, verdictCode[verdict.kind]);
  if ('chain' in verdict) {
    writer.attributeString(verdictAttribute.chain, verdict.chain);
  }
  writer.endNested();
  writer.endNested();
}

/** Writes a value of bytes as they lie in registers. */
export function writeValue(writer: MessageWriter, attribute: number, value: Uint8Array): void {
  writer.beginNested(attribute);
  writer.attributeBytes(dataAttribute.value, value);
  writer.endNested();
}

function writeMask(writer: MessageWriter, register: Register, mask: Uint8Array): void {
  begin(writer, 'bitwise');
  writeRegister(writer, bitwise.from, register);
  writeRegister(writer, bitwise.into, register);
  writer.attributeU32be(bitwise.length, mask.length);
  writeValue(writer, bitwise.mask, mask);
  writeValue(writer, bitwise.xor, new Uint8Array(mask.length));
}

function begin(writer: MessageWriter, name: string): void {
  writer.beginNested(listElement);
  writer.attributeString(expressionAttribute.name, name);
  writer.beginNested(expressionAttribute.data);
}

function end(writer: MessageWriter): void {
  writer.endNested();
  writer.endNested();
}

function writeRegister(writer: MessageWriter, attribute: number, register: Register): void {
  writer.attributeU32be(attribute, firstRegister + register);
}

function portBytes(port: number): Uint8Array {
  return Uint8Array.of(port >>> 8, port & 0xff);
}
