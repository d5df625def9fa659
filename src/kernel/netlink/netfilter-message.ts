import type { MessageWriter } from './message-writer.ts';
import { messageFlag } from './protocol.ts';

/** nfgenmsg: family u8, version u8, resource u16 (linux/netfilter/nfnetlink.h). */
export const netfilterHeaderLength = 4;

/** A command of a subsystem of nfnetlink. */
export interface NetfilterCommand {
  readonly subsystem: number;
  readonly command: number;
}

/**
 * Begins a request to a subsystem of nfnetlink; `family` is the number of an address family, and few
 * messages have a resource.
 */
export function beginNetfilterMessage(
  writer: MessageWriter,
  sequence: number,
  { subsystem, command }: NetfilterCommand,
  flags: number,
  family: number,
  resource = 0,
): void {
  writer.beginMessage((subsystem << 8) | command, messageFlag.request | flags, sequence);
  writer.u8(family);
  writer.u8(0);
  writer.u16be(resource);
}
