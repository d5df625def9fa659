import type { PacketFilterChoice } from '../kernel/packet-filter/choose-packet-filter.ts';
import type { ProblemView } from './views/problem-view.ts';
import type { ServiceView, VirtualServerView } from './views/service-view.ts';

/** A part of a longer list. */
export interface Page {
  /** How many there are in all. */
  readonly total: number;
  /** How many come before the first one here. */
  readonly offset: number;
}

export interface ServicePage extends Page {
  readonly services: readonly ServiceView[];
}

/** Virtual servers of the kernel that no Service is known to want. */
export interface StrayPage extends Page {
  readonly virtualServers: readonly VirtualServerView[];
}

export interface ProblemPage extends Page {
  readonly problems: readonly ProblemView[];
}

/** Where a page begins: after so many, or with the first one that is not before a key. */
export interface PageRequest {
  readonly offset: number;
  readonly limit: number;
  /** Instead of the offset: the page has so many (`before`) in front of that key. */
  readonly from?: { readonly key: string; readonly before: number };
}

/** The whole node in a few figures. */
export interface Summary {
  readonly node: string;
  readonly version: string;
  /** The time of day, as ISO 8601. */
  readonly at: string;
  readonly services: number;
  /** Of Services. */
  readonly virtualServers: number;
  /** Virtual servers with real servers that drain. */
  readonly draining: number;
  /** Virtual servers that no Service is known to want. */
  readonly strays: number;
  readonly problems: number;
  /** Which one is used, and why; null where that is not known. */
  readonly packetFilter: PacketFilterChoice | null;
  /** Whether since when real servers drain is known. */
  readonly isDaemon: boolean;
}

/** The items of a page, of a list that is there as a whole; the last page where the list has become shorter. */
export function pageOf<Item>(
  all: readonly Item[],
  { offset, limit }: PageRequest,
): { readonly items: readonly Item[]; readonly offset: number; readonly total: number } {
  const lastPage = Math.max(0, Math.floor((all.length - 1) / limit) * limit);
  const start = offset < all.length ? Math.max(offset, 0) : lastPage;
  return { items: all.slice(start, start + limit), offset: start, total: all.length };
}
