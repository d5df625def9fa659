import type { ReceivedMessage } from '../../../src/kernel/netlink/message-reader.ts';
import { eachAttribute } from '../../../src/kernel/netlink/message-reader.ts';
import { AttributeReader } from './wire.ts';

/**
 * Messages of nf_tables in the words of `nft --debug=netlink`, read by the numbers of
 * linux/netfilter/nf_tables.h and without the project's own.
 */

export const einval = 22;

/** The attributes behind the header of nfnetlink. */
export function attributesOf({ payload }: ReceivedMessage): AttributeReader {
  return new AttributeReader(payload, 4, einval);
}

/** The parts of a list, in their order. */
export function listOf(bytes: Buffer): readonly AttributeReader[] {
  const parts: AttributeReader[] = [];
  eachAttribute(bytes, 0, bytes.length, (_, start, end) => {
    parts.push(new AttributeReader(bytes.subarray(start, end), 0, einval));
  });
  return parts;
}

export interface WireElement {
  readonly key: string;
  readonly keyEnd: string | undefined;
  /** `accept`, `goto guard-4`. */
  readonly verdict: string | undefined;
  /** Of a map of marks, as it lies in the kernel. */
  readonly value?: string;
}

/** What a message about elements has of them, in hexadecimal digits. */
export function elementsOfMessage(attributes: AttributeReader): readonly WireElement[] {
  return listOf(attributes.bytes(3)).map((element) => ({
    key: valueOf(element.nested(1)),
    keyEnd: element.has(10) ? valueOf(element.nested(10)) : undefined,
    ...dataOf(element),
  }));
}

function dataOf(element: AttributeReader): Pick<WireElement, 'verdict' | 'value'> {
  const data = element.has(2) ? element.nested(2) : undefined;
  return data?.has(1) === true
    ? { verdict: undefined, value: valueOf(data) }
    : { verdict: data && verdictOf(data) };
}

export function elementWords({ key, keyEnd, verdict, value }: WireElement): string {
  const range = keyEnd === undefined ? '' : `-${keyEnd}`;
  const data = verdict ?? value;
  return `${key}${range}${data === undefined ? '' : ` : ${data}`}`;
}

/** Whether a range begins or ends within another one (nft_pipapo_insert). */
export function isWithinAnother(
  { key, keyEnd }: WireElement,
  set: ReadonlyMap<string, WireElement>,
): boolean {
  return (
    keyEnd !== undefined &&
    [...set.values()].some((other) =>
      [key, keyEnd].some((end) => isBetween(end, other.key, other.keyEnd ?? other.key)),
    )
  );
}

/** In each part of four bytes by itself: ports and sources have ranges of their own. */
function isBetween(hex: string, first: string, last: string): boolean {
  return [...hex.matchAll(/.{1,8}/g)].every(({ 0: part, index }) => {
    const end = index + part.length;
    return first.slice(index, end) <= part && part <= last.slice(index, end);
  });
}

/** Of ranges, the first that holds the key (nft_pipapo_deactivate). */
export function elementWith(
  element: WireElement,
  set: ReadonlyMap<string, WireElement>,
): WireElement {
  const holds = ({ key, keyEnd = key }: WireElement) => isBetween(element.key, key, keyEnd);
  return element.keyEnd === undefined ? element : ([...set.values()].find(holds) ?? element);
}

export function keyOf({ key, keyEnd }: WireElement): string {
  return `${key}-${keyEnd ?? key}`;
}

function valueOf(data: AttributeReader): string {
  return data.bytes(1).toString('hex');
}

const verdicts = new Map([
  [0, 'drop'],
  [1, 'accept'],
  [-3, 'jump'],
  [-4, 'goto'],
  [-5, 'return'],
]);

function verdictOf(data: AttributeReader): string {
  const verdict = data.nested(2);
  const word = verdicts.get(verdict.u32be(1) | 0) ?? 'unknown';
  return verdict.has(2) ? `${word} ${verdict.text(2)}` : word;
}

/** The rule of a message, its steps one behind the other. */
export function ruleWords(attributes: AttributeReader): string {
  return listOf(attributes.bytes(4))
    .map((expression) => `[ ${stepWords(expression.text(1), expression.nested(2))} ]`)
    .join(' ');
}

/** `reg 1` is the first of sixteen registers of four bytes (NFT_REG32_00 is 8). */
function register(attributes: AttributeReader, type: number): string {
  const number = attributes.u32be(type);
  return number === 0 ? 'verdict' : `reg ${number - 7}`;
}

const stepReaders: Readonly<Record<string, (step: AttributeReader) => string>> = {
  payload: (step) => {
    const base = ['link', 'network', 'transport'][step.u32be(2)];
    return `load ${step.u32be(4)}b @ ${base} header + ${step.u32be(3)} => ${register(step, 1)}`;
  },
  meta: (step) => {
    const key = new Map([
      [3, 'mark'],
      [6, 'iifname'],
      [15, 'nfproto'],
      [16, 'l4proto'],
    ]).get(step.u32be(2));
    return step.has(3)
      ? `set ${key} with ${register(step, 3)}`
      : `load ${key} => ${register(step, 1)}`;
  },
  ct: (step) => {
    const key = new Map([
      [0, 'state'],
      [12, 'proto_dst'],
      [20, 'dst_ip'],
      [22, 'dst_ip6'],
    ]).get(step.u32be(2));
    const direction = step.has(3) ? `, dir ${['original', 'reply'][step.u8(3)]}` : '';
    return `load ${key} => ${register(step, 1)}${direction}`;
  },
  fib: (step) =>
    `${step.u32be(3) === 1 ? 'saddr' : 'other'} type ${step.u32be(2)} => ${register(step, 1)}`,
  bitwise: (step) =>
    `${register(step, 2)} = ( ${register(step, 1)} & ${valueOf(step.nested(4))} ) ^ ${valueOf(step.nested(5))}, ${step.u32be(3)} bytes`,
  cmp: (step) => `${['eq', 'neq'][step.u32be(2)]} ${register(step, 1)} ${valueOf(step.nested(3))}`,
  lookup: (step) => {
    const inverted = step.has(5) && step.u32be(5) === 1 ? ' inverted' : '';
    const into = step.has(3) ? ` => ${register(step, 3)}` : '';
    return `${register(step, 2)} set ${step.text(1)}${into}${inverted}`;
  },
  immediate: (step) =>
    step.u32be(1) === 0
      ? verdictOf(step.nested(2))
      : `${register(step, 1)} ${valueOf(step.nested(2))}`,
  masq: (step) => `flags ${step.u32be(1)}`,
  redir: (step) => `port ${register(step, 1)}`,
  reject: (step) => `type ${step.u32be(1)} code ${step.u8(2)}`,
};

function stepWords(name: string, step: AttributeReader): string {
  return `${name} ${stepReaders[name]?.(step) ?? '?'}`;
}
