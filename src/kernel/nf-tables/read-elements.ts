import { AttributeTable } from '../netlink/attribute-table.ts';
import { eachAttribute } from '../netlink/message-reader.ts';
import { netfilterHeaderLength } from '../netlink/netfilter-message.ts';
import type { NftElement } from './element.ts';
import type { Verdict } from './expressions.ts';
import {
  dataAttribute,
  elementAttribute,
  elementListAttribute,
  listElement,
  verdictAttribute,
  verdictCode,
} from './protocol.ts';

const messageTable = new AttributeTable(elementListAttribute.elements);
const elementTable = new AttributeTable(elementAttribute.keyEnd);
const dataTable = new AttributeTable(dataAttribute.verdict);
const verdictTable = new AttributeTable(verdictAttribute.chain);

/**
 * Visits the elements in one message of a list. Keys are views of the message; a verdict of a kind that
 * we never write is left out. Throws MalformedMessageError.
 */
export function readElements(
  payload: Buffer,
  set: string,
  visit: (element: NftElement) => void,
): void {
  messageTable.read(payload, netfilterHeaderLength, payload.length);
  const { elements } = elementListAttribute;
  if (!messageTable.has(elements)) {
    return;
  }
  const [start, end] = [messageTable.start(elements, 0), messageTable.end(elements)];
  eachAttribute(payload, start, end, (attribute, from, to) => {
    if (attribute === listElement) {
      elementTable.read(payload, from, to);
      const element = readElement(payload, set);
      if (element !== undefined) {
        visit(element);
      }
    }
  });
}

function readElement(payload: Buffer, set: string): NftElement | undefined {
  const key = readValue(payload, elementAttribute.key);
  if (key === undefined) {
    return undefined;
  }
  const keyEnd = readValue(payload, elementAttribute.keyEnd);
  const verdict = readVerdict(payload);
  const mark = verdict === undefined ? readMark(payload) : undefined;
  return {
    set,
    key,
    ...(keyEnd === undefined ? {} : { keyEnd }),
    ...(verdict === undefined ? {} : { verdict }),
    ...(mark === undefined ? {} : { mark }),
  };
}

function readValue(payload: Buffer, attribute: number): Buffer | undefined {
  if (!elementTable.has(attribute)) {
    return undefined;
  }
  dataTable.read(payload, elementTable.start(attribute, 0), elementTable.end(attribute));
  const { value } = dataAttribute;
  if (!dataTable.has(value)) {
    return undefined;
  }
  return payload.subarray(dataTable.start(value, 1), dataTable.end(value));
}

function readVerdict(payload: Buffer): Verdict | undefined {
  const { data } = elementAttribute;
  if (!elementTable.has(data)) {
    return undefined;
  }
  dataTable.read(payload, elementTable.start(data, 0), elementTable.end(data));
  const { verdict } = dataAttribute;
  if (!dataTable.has(verdict)) {
    return undefined;
  }
  verdictTable.read(payload, dataTable.start(verdict, 0), dataTable.end(verdict));
  return verdictOf(verdictTable.u32be(verdictAttribute.code) | 0);
}

function readMark(payload: Buffer): number | undefined {
  const value = readValue(payload, elementAttribute.data);
  return value?.length === 4 ? value.readUInt32LE() : undefined;
}

function verdictOf(code: number): Verdict | undefined {
  switch (code) {
    case verdictCode.accept:
      return { kind: 'accept' };
    case verdictCode.drop:
      return { kind: 'drop' };
    case verdictCode.return:
      return { kind: 'return' };
    case verdictCode.goto:
      return { kind: 'goto', chain: verdictTable.text(verdictAttribute.chain) };
    case verdictCode.jump:
      return { kind: 'jump', chain: verdictTable.text(verdictAttribute.chain) };
    default:
      return undefined;
  }
}
