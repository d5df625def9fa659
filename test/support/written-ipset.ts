import assert from 'node:assert/strict';
import type { IpSet } from '../../src/kernel/ipset/model.ts';
import type { MessageWriter } from '../../src/kernel/netlink/message-writer.ts';
import { hex, writtenHex } from './written-bytes.ts';

/** The digits of ASCII text with its closing zero, without padding. */
export function ascii(text: string): string {
  return Buffer.from(`${text}\0`, 'latin1').toString('hex');
}

export function assertWritten(write: (writer: MessageWriter) => void, ...lines: string[]): void {
  assert.equal(writtenHex(write), hex(...lines));
}

/** Protocol 6 of ipset, in the attribute that leads every message. */
export const protocolSix = '0500 0100 06 000000';

export const a4: IpSet = { name: 'a', type: 'hash:ip', family: 'IPv4' };
export const a6: IpSet = { name: 'a', type: 'hash:ip', family: 'IPv6' };
export const setNameA = '0600 0200 6100 0000';
